"""Web certificates for the tests, made by the openssl program."""

import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *[str(argument) for argument in arguments]], check=True, capture_output=True, timeout=60)


class PrivateRoot:
    """A certificate authority of the test's own, and server certificates for 127.0.0.1 and localhost."""

    def __init__(self, folder, name="private root"):
        self.folder = folder
        self.root = folder / "root.pem"
        self._key = folder / "root.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign", "-keyout", self._key, "-out", self.root)

    def issue(self, name="tls"):
        """Paths of a new certificate and its key."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
                              "extendedKeyUsage=serverAuth\n")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                 "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", self._key, "-CAcreateserial",
                 "-days", "1", "-extfile", extensions, "-out", certificate)
        return certificate, key
