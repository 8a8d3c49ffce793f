"""A small server that plays plain files and the Hugging Face hub, with faults on order.

It speaks the hub's protocol as huggingface-hub 2.4 uses it: metadata by HEAD, large files on a
host of their own, what a repository holds, and pushing (create, preupload, LFS, commit).
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

TOKEN = "a-token-for-tests"


class Asked(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]


@dataclass
class Repo:
    files: dict[str, bytes] = field(default_factory=dict)
    large: tuple[str, ...] = (".safetensors", ".bin", ".zip")  # stored as LFS
    gated: bool = False
    private: bool = False
    messages: list[str] = field(default_factory=list)  # of commits
    commit: str = "1" * 40
    tags: dict[str, str] = field(default_factory=dict)  # ETags to lie with

    def is_large(self, name: str) -> bool:
        return name.endswith(self.large)

    def tag(self, name: str) -> str:
        content = self.files[name]
        if self.is_large(name):
            return self.tags.get(name) or hashlib.sha256(content).hexdigest()
        return (
            self.tags.get(name) or hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        )


class HubServer:
    """Runs while it is entered.

    ``files`` are served by path. ``plans`` hold, by path, what the next answers to GET do, one
    after the other; afterwards all goes well:

    ``cut:N``: N bytes of the body, then the connection is closed; ``status:500``;
    ``status:503:RETRY``: with a Retry-After; ``slow``: no byte of the body comes;
    ``redirect:URL``; ``unsized``: no length is given; ``deaf``: Range is honoured and If-Range
    is not; ``askew``: a range comes that was not asked for; ``weak:``: the ETag is a weak one,
    and ``weak:N`` cuts as well;
    ``change:TEXT``: the file is TEXT from now on.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.plans: dict[str, list[str]] = {}
        self.repos: dict[str, Repo] = {}
        self.asked: list[Asked] = []
        self.uploads: dict[str, bytes] = {}  # LFS content by its SHA-256
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        port = self._server.server_address[1]
        self.url, self.storage_url = f"http://127.0.0.1:{port}", f"http://localhost:{port}"

    def __enter__(self) -> "HubServer":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def environment(self, folder: Path) -> dict[str, str]:
        """What a program needs to take this for the hub, with caches of its own."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(folder / "hf"),
            "HF_TOKEN": TOKEN,
            "HF_HUB_DISABLE_XET": "1",
            "NLPSEQ_CACHE": str(folder / "cache"),
            "NLPSEQ_OFFLINE": "",
            "HF_HUB_OFFLINE": "",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def isolate(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        """The same for this process, where huggingface-hub may be imported already."""
        from huggingface_hub import constants
        from huggingface_hub.utils import _headers

        for name, value in self.environment(folder).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hf" / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr("nlpseq.hub.web._PAUSE", 0.001)
        # This one would be asked for at the real hub's address.
        monkeypatch.setattr(_headers, "detect_agent", lambda: None, raising=False)

    def gets(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked[:2] == ("GET", path)]


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_PUT(self) -> None:
            self.answer()

        def answer(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append(
                Asked(self.command, path, {k.lower(): v for k, v in self.headers.items()})
            )
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if found := re.fullmatch(
                r"/api/(models|datasets)/([^/]+/[^/]+)/(tree|paths-info)/([^/]+)(?:/(.*))?", path
            ):
                prefix = "datasets/" if found[1] == "datasets" else ""
                self.tree(prefix + found[2], found[4], found[5] or "", body)
            elif self.command in ("POST", "PUT"):
                self.write(path, body)
            elif found := re.fullmatch(r"/((?:datasets/)?[^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
                self.resolve(path, *found.groups())
            elif found := re.fullmatch(
                r"/api/(models|datasets)/([^/]+/[^/]+)(?:/revision/([^/]+))?", path
            ):
                prefix = "datasets/" if found[1] == "datasets" else ""
                self.info(path, prefix + found[2], found[3] or "main")
            else:
                self.plain(path, hub.files, path)

        def send(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def send_json(self, value: Any, status: int = 200) -> None:
            self.send(status, json.dumps(value).encode(), Content_Type="application/json")

        # --- plain files

        def plain(self, path: str, files: Mapping[str, bytes], name: str, **headers: str) -> None:
            plans = hub.plans.get(path, [])
            kind, _, rest = (plans.pop(0) if plans and self.command == "GET" else "").partition(":")
            if kind == "change":
                hub.files[name] = rest.encode()
            if kind == "status":
                status, _, retry = rest.partition(":")
                return self.send(int(status), **({"Retry_After": retry} if retry else {}))
            if kind == "redirect":
                return self.send(302, Location=rest)
            if name not in files:
                return self.send(404)
            content = files[name]
            tag = headers.pop("ETag", f'"{hashlib.md5(content).hexdigest()}"')
            start = 0
            if found := re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or ""):
                same = self.headers["If-Range"] in (None, tag) or kind == "deaf"
                start = int(found[1]) if same else 0
            if start and start >= len(content):
                return self.send(416, Content_Range=f"bytes */{len(content)}")
            self.send_response(206 if start else 200)
            self.send_header("ETag", f"W/{tag}" if kind == "weak" else tag)
            for header, value in headers.items():
                self.send_header(header.replace("_", "-"), value)
            if start:
                shown = start + (1 if kind == "askew" else 0)
                last, whole = len(content) - 1, len(content)
                self.send_header("Content-Range", f"bytes {shown}-{last}/{whole}")
            if kind == "unsized":
                self.close_connection = True
            else:
                self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if self.command == "HEAD":
                return None
            if kind == "slow":
                hub.closing.wait(5)
                self.close_connection = True
            elif kind == "cut" or (kind == "weak" and rest):
                self.wfile.write(content[start : start + int(rest)])
                self.close_connection = True
            else:
                self.wfile.write(content[start:])
            return None

        # --- the hub

        def found(self, repo: str, revision: str) -> Repo | None:
            there = hub.repos.get(repo)
            known = self.headers["Authorization"] == f"Bearer {TOKEN}"
            if there is None or (there.private and not known):
                self.send(404 if known else 401, X_Error_Code="RepoNotFound")
            elif there.gated:
                self.send(403, X_Error_Code="GatedRepo")
            elif revision not in ("main", there.commit):
                self.send(404, X_Error_Code="RevisionNotFound")
            else:
                return there
            return None

        def resolve(self, path: str, repo: str, revision: str, name: str) -> None:
            there = self.found(repo, revision)
            if there is None:
                return
            headers = {"X_Repo_Commit": there.commit}
            if name not in there.files:
                self.send(404, X_Error_Code="EntryNotFound", **headers)
                return
            tag = f'"{there.tag(name)}"'
            head = self.command == "HEAD"
            plans = hub.plans.get(f"HEAD {path}", []) if head else []
            if plans:
                self.send(int(plans.pop(0).removeprefix("status:")))
            elif there.is_large(name):
                stored = f"/storage/{repo}/{name}"
                hub.files[stored] = there.files[name]
                headers["X_Linked_Size"] = str(len(there.files[name]))
                self.send(302, Location=hub.storage_url + stored, X_Linked_ETag=tag, **headers)
            else:
                self.plain(path, there.files, name, ETag=tag, **headers)

        def info(self, path: str, repo: str, revision: str) -> None:
            there = self.found(repo, revision)
            plans = hub.plans.get(path, [])
            if there is not None and plans:
                self.send(int(plans.pop(0).removeprefix("status:")))
            elif there is not None:
                siblings = [{"rfilename": name} for name in there.files]
                self.send_json({"id": repo, "sha": there.commit, "siblings": siblings})

        def tree(self, repo: str, revision: str, within: str, body: bytes) -> None:
            """All files below a folder; by POST, those of the paths that are asked for."""
            there = self.found(repo, revision)
            if there is None:
                return
            if self.command == "POST":
                names = [n for n in there.files if n in json.loads(body).get("paths", ())]
            else:
                names = [n for n in there.files if n == within or not within]
                names += [n for n in there.files if within and n.startswith(f"{within}/")]
                if within and not names:
                    self.send(404, X_Error_Code="EntryNotFound")
                    return
            self.send_json(
                [
                    {"type": "file", "path": n, "size": len(there.files[n]), "oid": "0" * 40}
                    for n in names
                ]
            )

        def write(self, path: str, body: bytes) -> None:
            if self.command == "PUT" and path.startswith("/lfs/"):
                hub.uploads[path.removeprefix("/lfs/")] = body
                self.send(200)
            elif self.headers["Authorization"] != f"Bearer {TOKEN}":
                self.send(401)
            elif path == "/api/validate-yaml":
                self.send_json({"errors": [], "warnings": []})
            elif path == "/api/repos/create":
                self.create(json.loads(body))
            elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/preupload/main", path):
                self.preupload(hub.repos[found[1]], json.loads(body)["files"])
            elif re.fullmatch(r"/[^/]+/[^/]+\.git/info/lfs/objects/batch", path):
                self.batch(json.loads(body)["objects"])
            elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/main", path):
                self.commit(found[1], [json.loads(line) for line in body.splitlines()])
            else:
                self.send(404)

        def create(self, wanted: dict[str, Any]) -> None:
            name = f"{wanted['organization']}/{wanted['name']}"
            if wanted["organization"] == "others":
                self.send(403, X_Error_Message="no right to create there")
            else:
                private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
                status = 409 if name in hub.repos else 200
                hub.repos.setdefault(name, Repo(private=private))
                self.send_json({"url": f"{hub.url}/{name}", "id": name}, status)

        def preupload(self, there: Repo, files: list[dict[str, Any]]) -> None:
            modes = ("regular", "lfs")
            self.send_json(
                {
                    "files": [
                        {
                            "path": file["path"],
                            "uploadMode": modes[there.is_large(file["path"])],
                            "shouldIgnore": False,
                        }
                        for file in files
                    ]
                }
            )

        def batch(self, objects: list[dict[str, Any]]) -> None:
            for wanted in objects:
                if wanted["oid"] not in hub.uploads:
                    href = f"{hub.url}/lfs/{wanted['oid']}"
                    wanted["actions"] = {"upload": {"href": href, "header": {}}}
            self.send_json({"transfer": "basic", "objects": objects})

        def commit(self, name: str, lines: list[dict[str, Any]]) -> None:
            there = hub.repos[name]
            for line in lines:
                value = line["value"]
                if line["key"] == "header":
                    there.messages.append(value["summary"])
                elif line["key"] == "file":
                    there.files[value["path"]] = base64.b64decode(value["content"])
                else:
                    there.files[value["path"]] = hub.uploads[value["oid"]]
            address = f"{hub.url}/{name}/commit/{there.commit}"
            self.send_json({"commitUrl": address, "commitOid": there.commit})

    return Handler
