#!/usr/bin/env python3
"""Makes made/signed_bundle.jws and made/signed_bundle_root.json; see README.md. Needs python3-cryptography."""
import base64
import datetime
import json
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

OUT = pathlib.Path(__file__).parent / "made"
FROM, TO = datetime.datetime(2020, 1, 1), datetime.datetime(2099, 1, 1)
ISSUED_AT = 1782950400  # 2026-07-02


def certificate(common_name, key, issuer, issuer_key, uri, ca):
    usage = dict.fromkeys(["digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                           "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
    usage.update({"key_cert_sign": True} if ca else {"digital_signature": True})
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(FROM).not_valid_after(TO)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=False)
            .sign(issuer_key, hashes.SHA256()))


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def der64(cert):
    return base64.b64encode(cert.public_bytes(serialization.Encoding.DER)).decode()


def jwk(cert, key):
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "use": "x509-svid", "crv": "P-256", "x": b64url(numbers.x.to_bytes(32, "big")).decode(),
            "y": b64url(numbers.y.to_bytes(32, "big")).decode(), "x5c": [der64(cert)]}


root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
root = certificate("root", root_key, None, root_key, "spiffe://vectors.test", True)
leaf = certificate("endpoint", leaf_key, root.subject, root_key, "spiffe://vectors.test/entente", False)
bundle = {"keys": [jwk(root, root_key)], "spiffe_sequence": 7, "spiffe_refresh_hint": 300}
header = {"alg": "ES256", "typ": "spiffe-bundle+jws", "x5c": [der64(leaf)]}
payload = {"trust_domain": "vectors.test", "issued_at": ISSUED_AT, "sequence": 7, "bundle": bundle}
signed = b64url(json.dumps(header).encode()) + b"." + b64url(json.dumps(payload).encode())
r, s = decode_dss_signature(leaf_key.sign(signed, ec.ECDSA(hashes.SHA256())))
(OUT / "signed_bundle.jws").write_bytes(signed + b"." + b64url(r.to_bytes(32, "big") + s.to_bytes(32, "big")) + b"\n")
(OUT / "signed_bundle_root.json").write_text(json.dumps(bundle, indent=1) + "\n")
