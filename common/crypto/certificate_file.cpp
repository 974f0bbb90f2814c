#include "common/crypto/certificate_file.hpp"

#include <openssl/pem.h>

#include <algorithm>

#include "common/base/plain_text.hpp"
#include "common/crypto/certificate_facts.hpp"
#include "common/crypto/content_kind.hpp"

namespace entente::crypto {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ", end_mark = "-----END ", dashes = "-----";

Error no_certificate(ContentKind kind) {
  std::string what = "not a certificate, but " + std::string(name_of(kind));
  if (kind == ContentKind::empty || kind == ContentKind::unknown)
    what = "no certificate: " + std::string(name_of(kind));
  if (kind == ContentKind::empty) what = "no certificate: it is empty";
  const std::string_view way = way_to_certificate(kind);
  if (!way.empty()) what += "; " + std::string(way);
  return Error(Errc::syntax, what);
}

Status add(CertificateFile& file, const AnyCertificatePrefix& read) {
  if (file.certificates.size() == max_certificates)
    return Error(Errc::too_large, "more than " + std::to_string(max_certificates) + " certificates");
  file.certificates.push_back({read.certificate, read.key, read.key_problem});
  return ok();
}

// OpenSSL's reasons say little to those who only copied a file.
Error damaged(const std::string& where, const Error& error) {
  if (error.code() == Errc::too_large) return error;
  return Error(error.code(), where + " is damaged, copy it anew: " + error.message());
}

// The DER between the lines of one certificate's block.
Result<Bytes> decode_block(std::string_view block) {
  const ErrorQueueScope errors;
  const BioPtr bio(BIO_new_mem_buf(block.data(), static_cast<int>(block.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long length = 0;
  if (!bio || PEM_read_bio(bio.get(), &name, &header, &data, &length) != 1)
    return drain_errors("not base64 in PEM's form", Errc::syntax);
  Bytes der(data, data + length);
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return der;
}

Status add_block(CertificateFile& file, std::string_view block) {
  const Result<Bytes> der = decode_block(block);
  if (!der) return der.error();
  // What OpenSSL writes as TRUSTED CERTIFICATE has its own settings behind the certificate.
  const Result<AnyCertificatePrefix> read = read_any_certificate(*der);
  if (!read) return read.error();
  const bool trusted = block.starts_with("-----BEGIN TRUSTED");
  if (read->length != der->size() && !trusted) return Error(Errc::syntax, "bytes after the end of its DER");
  return add(file, *read);
}

// A label is as others wrote it, and goes into messages.
std::string shown(std::string_view label) { return plain_text(label, 40); }

Result<CertificateFile> read_pem(std::string_view text) {
  CertificateFile file;
  ContentKind only = ContentKind::unknown;
  std::size_t number = 0;
  for (std::size_t at = text.find(begin_mark); at != text.npos; at = text.find(begin_mark)) {
    text.remove_prefix(at);
    const std::string where = "PEM block " + std::to_string(++number);
    const std::size_t label_end = text.find(dashes, begin_mark.size());
    if (label_end == text.npos) return Error(Errc::syntax, where + ": its first line does not end in -----");
    const std::string_view label = text.substr(begin_mark.size(), label_end - begin_mark.size());
    const std::string last_line = std::string(end_mark).append(label).append(dashes);
    const std::size_t end = text.find(last_line);
    if (end == text.npos || label.find('\n') != label.npos)
      return Error(Errc::syntax, where + " (" + shown(label) + "): it has no last line \"" + shown(last_line) +
                                     "\": the file may be cut off");
    const std::string_view block = text.substr(0, end + last_line.size());
    const ContentKind kind = kind_of_pem_label(label);
    if (kind == ContentKind::certificate_der) {
      if (const Status added = add_block(file, block); !added) return damaged(where, added.error());
    } else {
      file.private_key |= kind == ContentKind::private_key;
      if (file.passed_over.size() < max_certificates) file.passed_over.push_back(shown(label));
      if (only == ContentKind::unknown) only = kind;
    }
    text.remove_prefix(block.size());
  }
  if (!file.certificates.empty()) return file;
  if (only != ContentKind::unknown) return no_certificate(only);
  return Error(Errc::syntax, "no certificate: PEM with " + file.passed_over.at(0) + " alone");
}

Result<CertificateFile> read_der(ByteView der) {
  CertificateFile file;
  file.pem = false;
  while (!der.empty()) {
    const std::string where = "DER certificate " + std::to_string(file.certificates.size() + 1);
    const Result<AnyCertificatePrefix> read = read_any_certificate(der);
    if (!read) return damaged(where, read.error());
    if (const Status added = add(file, *read); !added) return added.error();
    der = der.subspan(read->length);
  }
  return file;
}

}  // namespace

std::vector<Certificate> CertificateFile::chain() const {
  std::vector<Certificate> all;
  for (const SeenCertificate& seen : certificates) all.push_back(seen.certificate);
  return all;
}

Result<CertificateFile> read_certificate_file(std::string_view content) {
  const ContentKind kind = kind_of_content(content);
  if (kind == ContentKind::pem) return read_pem(content);
  if (kind == ContentKind::certificate_der) return read_der(as_bytes(content));
  return no_certificate(kind);
}

}  // namespace entente::crypto
