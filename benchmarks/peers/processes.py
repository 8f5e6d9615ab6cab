# SPDX-License-Identifier: EUPL-1.2
"""Runs a peer: an environment of its own, FastCGI programs behind nginx, the wait for the first answer."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sdi.features import ROOT

WORKERS = 2
_HOME = ROOT / "var" / "peers"
_START_SECONDS = 120
_NGINX = """
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/answers;
  proxy_temp_path {folder}/proxy;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      fastcgi_pass unix:{folder}/fcgi.sock;
      fastcgi_read_timeout 300s;
      fastcgi_buffers 64 64k;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param SCRIPT_NAME "";
      fastcgi_param REQUEST_URI $request_uri;
      fastcgi_param SERVER_NAME localhost;
      fastcgi_param SERVER_PORT {port};
      fastcgi_param SERVER_PROTOCOL $server_protocol;
      fastcgi_param HTTP_HOST $http_host;
{parameters}
    }}
  }}
}}
"""


def environment(name: str, requirements: Sequence[str]) -> Path:
    """The programs' folder of a virtual environment with just these packages, made at its first use."""
    folder = _HOME / name
    done = folder / "requirements.txt"
    if not done.exists() or done.read_text(encoding="utf-8").split() != list(requirements):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", *requirements], check=True)
        done.write_text("\n".join(requirements), encoding="utf-8")
    return folder / "bin"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def running(argv: Sequence[str], address: str, folder: Path, environ: Mapping[str, str]) -> Iterator[None]:
    """A program until the block ends; the block begins when `address` answers."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(argv, cwd=folder, env={**os.environ, **environ}, stdout=log, stderr=log)
        try:
            _wait(address, process, folder)
            yield
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def fastcgi(program: str, folder: Path, environ: Mapping[str, str], probe: str) -> Iterator[str]:
    """A FastCGI program in `WORKERS` processes behind nginx; yields the address."""
    port = free_port()
    # The program sees the environment of each request, not only its own.
    parameters = "\n".join(f'      fastcgi_param {name} "{value}";' for name, value in environ.items())
    settings = _NGINX.format(folder=folder, port=port, parameters=parameters)
    (folder / "nginx.conf").write_text(settings, encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(folder / "fcgi.sock"))
        listener.listen(128)
        (folder / "fcgi.sock").chmod(0o666)
        log = stack.enter_context((folder / "log").open("ab"))
        for _ in range(WORKERS):
            # FastCGI: the listening socket is the program's standard input.
            made = subprocess.Popen([program], cwd=folder, env={**os.environ, **environ}, stdin=listener.fileno(),
                                    stdout=log, stderr=log)  # fmt: skip
            stack.callback(made.wait, 30)
            stack.callback(made.kill)
        nginx = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        stack.enter_context(running(nginx, f"{url}{probe}", folder, {}))
        yield url


def _wait(address: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=_START_SECONDS):
                return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{address}: {error.code} {error.read()[:500]!r}") from error
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise RuntimeError(f"{address} does not answer: {(folder / 'log').read_text(encoding='utf-8')[-2000:]}")
