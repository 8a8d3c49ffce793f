"""One HTTP request of the standard library, and what its failures mean."""

import contextlib
import http.client
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

PASSING = (408, 425, 429)  #: and everything from 500: statuses that another try may not meet


class FailedError(Exception):
    """A server that is given up, with the reason."""


class PassingError(FailedError):
    """A failure that another try may not meet.

    :param wait: seconds that the server asks to be left alone
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class RangeError(PassingError):
    """The server does not have the range of bytes that was asked for."""


@contextlib.contextmanager
def opened(url: str, headers: Mapping[str, str], timeout: float) -> Iterator[Any]:
    """The answer of an address, an ``http.client.HTTPResponse`` of status 2xx.

    :raises FailedError: where there is none
    """
    try:
        response = _opener().open(request.Request(url, headers=dict(headers)), timeout=timeout)
    except HTTPError as error:
        with error:
            raise _refusal(error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _broken(error) from error
    with response:
        yield response


def read(response: Any, size: int) -> bytes:
    """At most ``size`` bytes; none at the end.

    :raises FailedError: where the connection breaks
    """
    try:
        return bytes(response.read(size)) if size else b""
    except (OSError, http.client.HTTPException) as error:
        raise _broken(error) from error


class _Redirects(request.HTTPRedirectHandler):
    """Stay on http and https, and show a token to no host but the one that it is meant for."""

    def redirect_request(
        self, req: request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> request.Request | None:
        """The request that follows.

        :raises FailedError: for another scheme
        """
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise FailedError(f"redirects to {newurl}, which is neither http nor https")
        follow = super().redirect_request(req, fp, code, msg, headers, newurl)
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if follow and (before.scheme, before.netloc) != (after.scheme, after.netloc):
            follow.remove_header("Authorization")
        return follow


def _opener() -> request.OpenerDirector:
    # Assembled by hand: build_opener() adds handlers for ftp, files and data addresses.
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _refusal(error: HTTPError) -> FailedError:
    reason = f"{error.code} {http.client.responses.get(error.code, '')}".rstrip()
    if error.code == 416:
        return RangeError(reason)
    if 300 <= error.code < 400:  # not followed: to another scheme, or round in circles
        return FailedError(str(error.msg).partition("\n")[0])
    if error.code in PASSING or error.code >= 500:
        after = error.headers["Retry-After"] or ""
        return PassingError(reason, float(after) if re.fullmatch(r"\d{1,6}", after) else 0.0)
    return FailedError(reason)


def _broken(error: Exception) -> FailedError:
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return PassingError("no answer in time")
    if isinstance(cause, socket.gaierror):
        return FailedError("no such host, or no network")
    if isinstance(cause, http.client.IncompleteRead):
        return PassingError("cut off")
    reason = str(getattr(cause, "strerror", None) or cause) or type(cause).__name__
    hopeless = (
        ConnectionRefusedError, ssl.SSLCertVerificationError, http.client.InvalidURL, ValueError
    )  # fmt: skip
    return FailedError(reason) if isinstance(cause, hopeless) else PassingError(reason)
