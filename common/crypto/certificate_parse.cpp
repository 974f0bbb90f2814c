#include <arpa/inet.h>

#include <algorithm>
#include <limits>

#include "common/crypto/certificate_facts.hpp"
#include "common/crypto/key_check.hpp"

namespace entente::crypto {
namespace {

using Facts = Certificate::Facts;

std::string text_of(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

Bytes bytes_of(const ASN1_STRING* value) {
  const unsigned char* data = ASN1_STRING_get0_data(value);
  return Bytes(data, data + ASN1_STRING_length(value));
}

std::string name_text(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

// RFC 5280 4.1.2.5: UTCTime or GeneralizedTime, with seconds and in Zulu time, without fractions.
Result<Time> time_of(const ASN1_TIME* value) {
  const std::string text = text_of(value);
  const std::size_t length = ASN1_STRING_type(value) == V_ASN1_UTCTIME ? 13 : 15;
  std::tm parts{};
  if (text.size() != length || text.back() != 'Z' || ASN1_TIME_to_tm(value, &parts) != 1)
    return Error(Errc::syntax, "certificate: its validity is not in the form of RFC 5280");
  using namespace std::chrono;
  const sys_days day{year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday};
  const sys_seconds whole = day + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
  return from_unix_seconds(whole.time_since_epoch().count());
}

std::string address_text(const ASN1_OCTET_STRING* value) {
  const Bytes bytes = bytes_of(value);
  char text[INET6_ADDRSTRLEN];
  if (bytes.size() == 4 && inet_ntop(AF_INET, bytes.data(), text, sizeof text) != nullptr) return text;
  if (bytes.size() == 16 && inet_ntop(AF_INET6, bytes.data(), text, sizeof text) != nullptr) return text;
  return hex_encode(bytes);
}

Status read_names(const X509* x509, Facts& facts) {
  int critical = -1;
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, nullptr)));
  if (!names && critical != -1)
    return Error(Errc::syntax, "certificate: its subject alternative names are malformed or repeated");
  facts.san_critical = critical == 1;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) facts.uri_names.push_back(text_of(name->d.uniformResourceIdentifier));
    if (name->type == GEN_DNS) facts.dns_names.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) facts.ip_names.push_back(address_text(name->d.iPAddress));
  }
  return ok();
}

bool critical_extension(const X509* x509, int nid) {
  const int at = X509_get_ext_by_NID(x509, nid, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(x509, at)) != 0;
}

void read_usages(X509* x509, std::uint32_t flags, Facts& facts) {
  if ((flags & EXFLAG_KUSAGE) != 0) {
    const std::uint32_t bits = X509_get_key_usage(x509);
    facts.key_usage = Certificate::KeyUsage{.critical = critical_extension(x509, NID_key_usage),
                                            .digital_signature = (bits & KU_DIGITAL_SIGNATURE) != 0,
                                            .key_encipherment = (bits & KU_KEY_ENCIPHERMENT) != 0,
                                            .key_agreement = (bits & KU_KEY_AGREEMENT) != 0,
                                            .key_cert_sign = (bits & KU_KEY_CERT_SIGN) != 0,
                                            .crl_sign = (bits & KU_CRL_SIGN) != 0};
  }
  if ((flags & EXFLAG_XKUSAGE) != 0) {
    const std::uint32_t bits = X509_get_extended_key_usage(x509);
    facts.extended_key_usage = Certificate::ExtendedKeyUsage{.server_auth = (bits & XKU_SSL_SERVER) != 0,
                                                             .client_auth = (bits & XKU_SSL_CLIENT) != 0,
                                                             .any = (bits & XKU_ANYEKU) != 0};
  }
}

Status read_extensions(X509* x509, Facts& facts) {
  const std::uint32_t flags = X509_get_extension_flags(x509);
  if ((flags & EXFLAG_INVALID) != 0)
    return Error(Errc::syntax, "certificate: an extension is malformed, repeated or contradicts another");
  if (const Status names = read_names(x509, facts); !names) return names.error();
  facts.has_basic_constraints = X509_get_ext_by_NID(x509, NID_basic_constraints, -1) >= 0;
  facts.ca = (flags & EXFLAG_CA) != 0;
  if (const long length = X509_get_pathlen(x509); facts.ca && length >= 0)
    facts.path_length = static_cast<int>(std::min<long>(length, std::numeric_limits<int>::max()));
  read_usages(x509, flags, facts);
  if (const ASN1_OCTET_STRING* id = X509_get0_subject_key_id(x509)) facts.subject_key_id = bytes_of(id);
  return ok();
}

Status read_identity(const X509* x509, Facts& facts) {
  const Result<Time> from = time_of(X509_get0_notBefore(x509)), to = time_of(X509_get0_notAfter(x509));
  if (!from) return from.error();
  if (!to) return to.error();
  facts.not_before = *from;
  facts.not_after = *to;
  const X509_NAME* subject = X509_get_subject_name(x509);
  const X509_NAME* issuer = X509_get_issuer_name(x509);
  facts.subject = name_text(subject);
  facts.issuer = name_text(issuer);
  facts.subject_empty = X509_NAME_entry_count(subject) == 0;
  facts.self_issued = X509_NAME_cmp(subject, issuer) == 0;
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x509);
  facts.serial = bytes_of(serial);
  facts.serial_negative = ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER;
  return ok();
}

// OpenSSL reads some BER too. One certificate must have one encoding, or fingerprints and comparisons say nothing.
bool is_der(const X509* x509, ByteView read) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(x509, &der);
  const bool same = length > 0 && std::ranges::equal(ByteView(der, static_cast<std::size_t>(length)), read);
  OPENSSL_free(der);
  return same;
}

}  // namespace

Result<AnyCertificatePrefix> read_any_certificate(ByteView der) {
  const ErrorQueueScope errors;
  const unsigned char* at = der.data();
  const X509Ptr x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!x509) return drain_errors("certificate", Errc::syntax);
  const ByteView read = der.first(static_cast<std::size_t>(at - der.data()));
  if (!is_der(x509.get(), read)) return Error(Errc::syntax, "certificate: not in DER");
  std::string description = "a key of unknown kind";
  std::optional<Error> problem;
  const auto facts = std::make_shared<Facts>();
  if (const EVP_PKEY* key = X509_get0_pubkey(x509.get()); key == nullptr) {
    problem = drain_errors("certificate: public key", Errc::unsupported);
  } else {
    description = describe_key(key);
    if (const Status good = check_key(key); !good)
      problem = good.error().within("certificate: public key");
    else
      facts->key = parameters_of(key);
  }
  facts->der.assign(read.begin(), read.end());
  if (const Status good = read_identity(x509.get(), *facts); !good) return good.error();
  if (const Status good = read_extensions(x509.get(), *facts); !good) return good.error();
  return AnyCertificatePrefix{Certificate(facts), read.size(), std::move(description), std::move(problem)};
}

Result<CertificatePrefix> read_certificate(ByteView der) {
  Result<AnyCertificatePrefix> read = read_any_certificate(der);
  if (!read) return read.error();
  if (read->key_problem) return *std::move(read->key_problem);
  return CertificatePrefix{std::move(read->certificate), read->length};
}

}  // namespace entente::crypto
