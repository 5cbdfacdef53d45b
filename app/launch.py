"""Start the app's server: what `kb app` does."""

from __future__ import annotations

import ipaddress
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from pathlib import Path
from urllib.parse import urlsplit

from kb.config import load_settings
from kb.errors import ServiceError, SettingError
from kb.health.gate import read_login

HERE = Path(__file__).resolve().parent


def launch(home: str | Path | None, encoder: str | None, address: str, port: int, *, opens_browser: bool) -> int:
    """Serves the app until it is interrupted or terminated; gives the server's exit code.

    Errors: SettingError E_PUBLIC or E_LOGIN for an address that others can reach while no login is set up, or half of
    one; ServiceError for a port that is taken.
    """
    settings = load_settings({"home": home, "encoder": encoder})
    if is_public := not _is_loopback(address):
        origin, token = _login_origin(address), ""
    else:
        host = {"localhost": "127.0.0.1"}.get(address, address)
        origin, token = _origin("http", host, port), secrets.token_urlsafe()
    if _is_taken(address, port):
        raise ServiceError("E_PORT", address=address, port=port)
    environment = {
        **os.environ, "KB_HOME": settings.place, "KB_APP_ORIGIN": origin, "KB_APP_TOKEN": token,
        "KB_APP_LOGIN": "1" if is_public else "0", **_streamlit(origin),
    }
    if dict(settings.origins)["encoder"] != "default":  # else the library's own is used, which may change
        environment["KB_ENCODER"] = settings.encoder
    command = [sys.executable, "-m", "streamlit", "run", str(HERE / "server.py"),
               "--server.address", address, "--server.port", str(port)]
    # as Ctrl-C: else the server would outlive this process and hold the port
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(command, env=environment, cwd=HERE)
    url = f"{origin}/?token={token}" if token else origin
    threading.Thread(target=_announce, args=(server, address, port, url, opens_browser), daemon=True).start()
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()


def _announce(server: subprocess.Popen[bytes], address: str, port: int, url: str, opens_browser: bool) -> None:
    while server.poll() is None and not _is_taken(address, port):
        time.sleep(0.1)
    if server.poll() is not None:
        return
    print(f"kb app: {url}", file=sys.stderr, flush=True)
    has_screen = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if opens_browser and has_screen:
        webbrowser.open(url)


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _streamlit(origin: str) -> dict[str, str]:
    """Settings of Streamlit's that no file of the user's may change here.

    With the address it is reached at, Streamlit asks no outside host for one; its own line at the start would show an
    address without the token.
    """
    return {
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false", "STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE": "true",
        "STREAMLIT_BROWSER_SERVER_ADDRESS": urlsplit(origin).hostname or "", "STREAMLIT_SERVER_BASE_URL_PATH": "",
        "STREAMLIT_SERVER_ENABLE_CORS": "true", "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "true",
        "STREAMLIT_SERVER_ENABLE_AGENT_API": "false", "STREAMLIT_SERVER_ENABLE_STATIC_SERVING": "false",
        "STREAMLIT_SERVER_TRUSTED_USER_HEADERS": "{}", "STREAMLIT_GLOBAL_DEVELOPMENT_MODE": "false",
    }


def _login_origin(address: str) -> str:
    """Where the browser reaches an app that others can reach too: what the login leads back to."""
    login = read_login()
    if not login.is_set_up:
        raise SettingError("E_PUBLIC", address=address)
    if login.missing:
        raise SettingError("E_LOGIN", missing="; ".join(login.missing))
    return _origin(*login.parts)


def _origin(scheme: str, host: str, port: int | None) -> str:
    """As a browser writes it: in small letters, without the scheme's own port."""
    place = f"[{host}]" if ":" in host else host.lower()
    return f"{scheme}://{place}" if port in (None, {"http": 80, "https": 443}[scheme]) else f"{scheme}://{place}:{port}"


def _is_taken(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((address if address != "0.0.0.0" else "127.0.0.1", port)) == 0
