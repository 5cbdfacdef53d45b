"""A small identity provider (OpenID Connect) for tests: `python -m tests.app.provider HOST PORT`.

It signs in whoever an address asks for (`/authorize?…&as=EMAIL`), without a password; with `&forged=1` it signs with a
key that it does not publish.
"""

from __future__ import annotations

import base64
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = ("kb", "s")
_NAMES = {"kid": "1", "use": "sig", "alg": "RS256"}
_KEY, _OTHER = (RSAKey.generate_key(2048, _NAMES, private=True) for _ in range(2))
_codes: dict[str, dict[str, str]] = {}


class Provider(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        here = f"http://{self.headers['host']}"
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/.well-known/openid-configuration":
            self._say({"issuer": here, "authorization_endpoint": f"{here}/authorize", "token_endpoint": f"{here}/token",
                       "jwks_uri": f"{here}/keys", "response_types_supported": ["code"],
                       "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]})
        elif url.path == "/keys":
            self._say({"keys": [_KEY.as_dict(private=False)]})
        elif url.path == "/authorize" and asked["client_id"] == CLIENT[0] and asked["response_type"] == "code":
            _codes[code := secrets.token_urlsafe()] = asked
            self.send_response(302)
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_header("location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        told = self.headers.get("authorization", "").removeprefix("Basic ")
        asked = _codes.pop(sent.get("code", [""])[0], None)
        if asked is None or base64.b64decode(told).decode() != ":".join(CLIENT):
            self.send_error(401)
            return
        email = asked["as"]
        claims = {"iss": f"http://{self.headers['host']}", "aud": CLIENT[0], "sub": email, "email": email,
                  "email_verified": True, "iat": int(time.time()), "exp": int(time.time()) + 600,
                  "nonce": asked["nonce"]}
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, _OTHER if "forged" in asked else _KEY)
        self._say({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def _say(self, what: object) -> None:
        data = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Provider).serve_forever()
