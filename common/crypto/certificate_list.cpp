#include <openssl/pem.h>

#include "common/crypto/certificate_facts.hpp"

namespace entente::crypto {
namespace {

// What PEM_read_bio allocates, and frees wiped: a file may hold a private key where it should not.
struct PemBlock {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long length = 0;

  PemBlock() = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(length));
  }
};

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

Result<Certificate> certificate_of(const PemBlock& block) {
  if (std::string_view(block.name) != "CERTIFICATE")
    return Error(Errc::syntax, "a block that is no certificate: " + std::string(block.name));
  if (block.header != nullptr && *block.header != '\0') return Error(Errc::syntax, "a certificate block with a header");
  return Certificate::from_der({block.data, static_cast<std::size_t>(block.length)});
}

}  // namespace

Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem) {
  const ErrorQueueScope errors;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return drain_errors("pem");
  // OpenSSL passes over a block whose first line it does not like; such a block must not be lost silently.
  const std::size_t blocks = count(pem, "-----BEGIN");
  std::vector<Certificate> certificates;
  while (certificates.size() < blocks) {
    PemBlock block;
    const std::string where = "pem: block " + std::to_string(certificates.size() + 1);
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.length) != 1)
      return drain_errors(where, Errc::syntax);
    const Result<Certificate> certificate = certificate_of(block);
    if (!certificate) return certificate.error().within(where);
    certificates.push_back(*certificate);
  }
  if (certificates.empty()) return Error(Errc::syntax, "pem: no certificate in it");
  return certificates;
}

Result<std::vector<Certificate>> certificates_from_der(ByteView der) {
  std::vector<Certificate> certificates;
  while (!der.empty()) {
    const Result<CertificatePrefix> read = read_certificate(der);
    if (!read) return read.error().within("certificate " + std::to_string(certificates.size() + 1));
    certificates.push_back(read->certificate);
    der = der.subspan(read->length);
  }
  return certificates;
}

std::string to_pem(const std::vector<Certificate>& certificates) {
  std::string pem;
  for (const Certificate& certificate : certificates) pem += certificate.pem();
  return pem;
}

Bytes to_der(const std::vector<Certificate>& certificates) {
  Bytes der;
  for (const Certificate& certificate : certificates) {
    const ByteView one = certificate.der();
    der.insert(der.end(), one.begin(), one.end());
  }
  return der;
}

}  // namespace entente::crypto
