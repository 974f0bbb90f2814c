"""A trust domain of the test's own making: its authorities, and every document and certificate that a peer might show.

Made by the openssl program, so that nothing here rests on the code under test.
"""

import base64
import json
import re
import subprocess
import time


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *[str(argument) for argument in arguments]], input=given, check=True,
                          capture_output=True, timeout=60).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _new_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    return path


def _point(public_der):
    """x and y of a P-256 key: the last 64 bytes of its SubjectPublicKeyInfo."""
    return {"kty": "EC", "crv": "P-256", "x": base64url(public_der[-64:-32]), "y": base64url(public_der[-32:])}


def _raw_signature(der):
    """r and s, 32 bytes each, of an ECDSA signature (RFC 7518 3.4)."""
    numbers = re.findall(r"INTEGER\s*:([0-9A-F]+)", openssl("asn1parse", "-inform", "DER", given=der).decode())
    return b"".join(int(number, 16).to_bytes(32, "big") for number in numbers)


class ForeignAuthority:
    def __init__(self, folder, trust_domain):
        self.trust_domain = trust_domain
        self._folder = folder / f"foreign-{trust_domain}"
        self._folder.mkdir()
        self._key = _new_key(self._folder / "ca.key")
        self.root = self._folder / "ca.pem"
        openssl("req", "-x509", "-new", "-key", self._key, "-days", "2", "-subj", f"/CN={trust_domain}",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-addext", f"subjectAltName=URI:spiffe://{trust_domain}", "-out", self.root)
        self._jwt_key = _new_key(self._folder / "jwt.key")

    def x509_key(self):
        """The authority's entry in a bundle document."""
        public = openssl("pkey", "-in", self._key, "-pubout", "-outform", "DER")
        certificate = openssl("x509", "-in", self.root, "-outform", "DER")
        return {"use": "x509-svid", **_point(public), "x5c": [base64.b64encode(certificate).decode()]}

    def jwt_key(self):
        public = openssl("pkey", "-in", self._jwt_key, "-pubout", "-outform", "DER")
        return {"use": "jwt-svid", "kid": "k1", **_point(public)}

    def document(self, sequence=1, hint=1, keys=None):
        """Serialized, as an endpoint serves it."""
        chosen = [self.x509_key(), self.jwt_key()] if keys is None else keys
        return json.dumps({"spiffe_sequence": sequence, "spiffe_refresh_hint": hint, "keys": chosen}).encode()

    def bundle_file(self, sequence=1):
        path = self._folder / f"bundle.{sequence}.json"
        path.write_bytes(self.document(sequence))
        return path

    def token(self, audience, path="/client", lifetime=300):
        now = int(time.time())
        header = {"alg": "ES256", "kid": "k1", "typ": "JWT"}
        claims = {"sub": f"spiffe://{self.trust_domain}{path}", "aud": [audience], "iat": now, "exp": now + lifetime}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        der = openssl("dgst", "-sha256", "-sign", self._jwt_key, given=signed.encode())
        return signed + "." + base64url(_raw_signature(der))

    def certificate(self, name, subject_alt_name, days=1):
        """Paths of a certificate and its key, by this authority. Negative days: it ended yesterday."""
        certificate, key = self._folder / f"{name}.pem", _new_key(self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={subject_alt_name}\nbasicConstraints=critical,CA:FALSE\n"
                              "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", "-new", "-key", key, "-subj", "/O=SPIFFE", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", self._key, "-CAcreateserial",
                "-days", str(days), "-extfile", extensions, "-out", certificate)
        return certificate, key

    def svid(self, path="/endpoint", trust_domain=None):
        name = f"svid-{len(list(self._folder.iterdir()))}"
        return self.certificate(name, f"URI:spiffe://{trust_domain or self.trust_domain}{path}")

    def web_certificate(self, days=1):
        return self.certificate(f"web{days}", "DNS:localhost,IP:127.0.0.1", days)
