"""SPIFFE bundle documents for the benchmarks, made by Python's cryptography."""

import base64
import datetime
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


def _base64url(number, size):
    return base64.urlsafe_b64encode(number.to_bytes(size, "big")).rstrip(b"=").decode()


def _public_members(key):
    numbers = key.public_key().public_numbers()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"kty": "EC", "crv": "P-256", "x": _base64url(numbers.x, 32), "y": _base64url(numbers.y, 32)}
    return {"kty": "RSA", "n": _base64url(numbers.n, key.key_size // 8), "e": "AQAB"}


def x509_key(trust_domain, key):
    """A self-signed authority as SPIRE makes it, as a JWK."""
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
                      x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SPIFFE")])
    now = datetime.datetime.utcnow()
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, digital_signature=False,
                                     content_commitment=False, key_encipherment=False, data_encipherment=False,
                                     key_agreement=False, encipher_only=False, decipher_only=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"spiffe://{trust_domain}")]),
                       critical=False)
        .sign(key, hashes.SHA256()))
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return {"use": "x509-svid", **_public_members(key), "x5c": [der]}


def ec_key():
    return ec.generate_private_key(ec.SECP256R1())


def jwt_key(kid):
    return {"use": "jwt-svid", "kid": kid, **_public_members(ec_key())}


def write(keys, sequence, refresh_hint):
    return json.dumps({"keys": keys, "spiffe_sequence": sequence, "spiffe_refresh_hint": refresh_hint}, indent=4)


def small(trust_domain, refresh_hint=300, sequence=1):
    """Two X.509 authorities and two JWT keys, all P-256: 2.3 KB."""
    keys = [x509_key(trust_domain, ec_key()), x509_key(trust_domain, ec_key()),
            jwt_key("key-1"), jwt_key("key-2")]
    return write(keys, sequence, refresh_hint)


def large(trust_domain, size):
    """As many X.509 authorities as fill about `size` bytes; they share one RSA key, which is quicker to make."""
    key = rsa.generate_private_key(65537, 2048)
    one = x509_key(trust_domain, key)
    count = max(1, round(size / len(json.dumps(one, indent=4))))
    return write([x509_key(trust_domain, key) for _ in range(count)], 1, 300)


class Rotation:
    """One domain's document over time: each generation has an X.509 authority that the one before had not."""

    AUTHORITIES = 4

    def __init__(self, trust_domain, refresh_hint):
        self._authorities = [x509_key(trust_domain, ec_key()) for _ in range(self.AUTHORITIES)]
        self._signer = jwt_key("key-1")
        self._refresh_hint = refresh_hint

    def document(self, generation):
        """Two X.509 authorities and one JWT key."""
        held = [self._authorities[(generation + i) % self.AUTHORITIES] for i in range(2)]
        return write([*held, self._signer], generation + 1, self._refresh_hint)
