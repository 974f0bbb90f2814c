"""What a SPIFFE bundle document holds, in the words the Go programs use for it."""

import base64

from cryptography import x509


def serials(document):
    """The X.509 authorities by serial number in hexadecimal, sorted."""
    found = []
    for key in document["keys"]:
        if key["use"] == "x509-svid":
            certificate = x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0]))
            found.append(format(certificate.serial_number, "x"))
    return sorted(found)


def key_ids(document):
    """The JWT authorities by key ID, sorted."""
    return sorted(key["kid"] for key in document["keys"] if key["use"] == "jwt-svid")
