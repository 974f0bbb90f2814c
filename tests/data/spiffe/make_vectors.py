#!/usr/bin/env python3
"""Makes the vectors in made/; see README.md. Needs python3-jwt and python3-cryptography."""
import base64
import datetime
import json
import pathlib

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from jwt.algorithms import RSAAlgorithm

OUT = pathlib.Path(__file__).parent / "made"
FROM = datetime.datetime(2020, 1, 1)
TO = datetime.datetime(2099, 1, 1)
EXP = int(TO.replace(tzinfo=datetime.timezone.utc).timestamp())
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


def b64url(number, length):
    return base64.urlsafe_b64encode(number.to_bytes(length, "big")).rstrip(b"=").decode()


def jwk_of(key, curve):
    if curve is None:
        full = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
        return {name: full[name] for name in ("kty", "n", "e")}
    numbers = key.public_key().public_numbers()
    length = (key.curve.key_size + 7) // 8
    return {"kty": "EC", "crv": curve, "x": b64url(numbers.x, length), "y": b64url(numbers.y, length)}


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Vectors"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, issuer, public_key, signing_key, uri, ca):
    usage = dict.fromkeys(["digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                           "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
    usage.update({"key_cert_sign": True, "crl_sign": True} if ca else {"digital_signature": True})
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
               .serial_number(x509.random_serial_number()).not_valid_before(FROM).not_valid_after(TO)
               .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
               .add_extension(x509.KeyUsage(**usage), critical=True)
               .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]),
                              critical=len(list(subject)) == 0))
    if not ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def der64(cert):
    return base64.b64encode(cert.public_bytes(serialization.Encoding.DER)).decode()


def authority(kind, key, curve):
    root = certificate(name(kind + " root"), name(kind + " root"), key.public_key(), key, "spiffe://vectors.test", True)
    middle_key = ec.generate_private_key(CURVES["P-256"])
    middle = certificate(name(kind + " intermediate"), name(kind + " root"), middle_key.public_key(), key,
                         "spiffe://vectors.test", True)
    leaf_key = ec.generate_private_key(CURVES["P-256"])
    leaf = certificate(x509.Name([]), name(kind + " intermediate"), leaf_key.public_key(), middle_key,
                       "spiffe://vectors.test/web", False)
    pem = b"".join(cert.public_bytes(serialization.Encoding.PEM) for cert in (leaf, middle))
    (OUT / f"chain-{kind}.pem").write_bytes(pem)
    return {**jwk_of(key, curve), "use": "x509-svid", "x5c": [der64(root)]}


def main():
    OUT.mkdir(exist_ok=True)
    keys = {None: rsa.generate_private_key(65537, 2048)}
    keys.update({curve: ec.generate_private_key(group) for curve, group in CURVES.items()})
    kid_of = {None: "rsa", "P-256": "p256", "P-384": "p384", "P-521": "p521"}
    of_algorithm = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}

    bundle = {"keys": [authority("rsa", rsa.generate_private_key(65537, 2048), None),
                       authority("ec", ec.generate_private_key(CURVES["P-384"]), "P-384")],
              "spiffe_sequence": 12035488, "spiffe_refresh_hint": 2419200}
    bundle["keys"] += [{**jwk_of(key, curve), "use": "jwt-svid", "kid": kid_of[curve]} for curve, key in keys.items()]
    (OUT / "bundle.json").write_text(json.dumps(bundle, indent=1) + "\n")

    claims = {"sub": "spiffe://vectors.test/web", "aud": ["reports", "db"], "exp": EXP, "iat": int(FROM.timestamp())}
    tokens = {}
    for algorithm in ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"):
        curve = of_algorithm.get(algorithm)
        tokens[algorithm] = jwt.encode(claims, keys[curve], algorithm, headers={"kid": kid_of[curve]})
    p256 = {"key": keys["P-256"], "algorithm": "ES256"}
    tokens["ES256-string-aud"] = jwt.encode({**claims, "aud": "reports"}, **p256, headers={"kid": "p256"})
    tokens["ES256-no-kid"] = jwt.encode(claims, **p256)
    tokens["ES256-float-exp"] = jwt.encode({**claims, "exp": EXP + 0.5}, **p256, headers={"kid": "p256"})
    (OUT / "tokens.json").write_text(json.dumps(tokens, indent=1) + "\n")


if __name__ == "__main__":
    main()
