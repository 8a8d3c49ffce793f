"""What huggingface-hub raises, as errors that a user can act on."""

import contextlib
import errno
import http.client
from collections.abc import Iterator

from nlpseq.errors import CallError, DataError, NlpseqError
from nlpseq.hub.connection import PASSING
from nlpseq.hub.places import LOCAL


@contextlib.contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn whatever is raised inside into a CallError or a DataError about a place."""
    try:
        yield
    except NlpseqError:
        raise
    except Exception as error:
        raise _explanation(error, where) from error


def may_pass(error: BaseException, *, answered: bool = False) -> bool:
    """Whether the hub is out of order or out of reach, rather than saying no.

    :param answered: only where it did answer, so that it is worth asking again at once
    """
    status = _status(error)
    if status:
        return status in PASSING or status >= 500
    return not answered and _is_network(error)


def _status(error: BaseException) -> int:
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)


def _is_network(error: BaseException) -> bool:
    # huggingface-hub has changed its HTTP library twice, and lets that one's errors through.
    library = type(error).__module__.partition(".")[0]
    return library.startswith(("httpx", "httpcore", "requests", "urllib3"))


def _explanation(error: Exception, where: str) -> NlpseqError:
    from huggingface_hub import errors

    login = "log in with `hf auth login`, or set HF_TOKEN to a token that has the right"
    status = _status(error)
    if isinstance(error, errors.GatedRepoError):
        remedy = f"ask for access on the repository's page, then {login}"
        return CallError("its owners let in only who has asked", where=where, remedy=remedy)
    if isinstance(error, errors.RepositoryNotFoundError):
        remedy = f"check the name; if it is private, {login}"
        return CallError("no such repository on the hub", where=where, remedy=remedy)
    if isinstance(error, errors.RevisionNotFoundError):
        return CallError("no such revision in the repository", where=where)
    if isinstance(error, errors.EntryNotFoundError) and status == 404:
        return CallError("no such file in the repository", where=where)
    if status in (401, 403) or isinstance(error, errors.LocalTokenNotFoundError):
        return CallError("the hub does not allow this", where=where, remedy=login)
    if status:
        reason = f"the hub answered {status} {http.client.responses.get(status, '')}".rstrip()
        return DataError(reason, where=where, remedy=f"try again later, or {LOCAL}")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DataError("the disk is full", where=where, remedy="make room, or move HF_HOME")
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if _is_network(error):
        remedy = f"check the connection and HF_ENDPOINT, or {LOCAL}"
        return DataError(f"the hub cannot be reached: {first}", where=where, remedy=remedy)
    return DataError(f"the hub failed: {first}", where=where)
