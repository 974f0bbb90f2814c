#include "common/crypto/content_kind.hpp"

#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

#include <algorithm>

#include "common/base/encoding.hpp"
#include "common/crypto/handles.hpp"

namespace entente::crypto {
namespace {

using RequestPtr = std::unique_ptr<X509_REQ, Deleter<X509_REQ_free>>;
using RevocationListPtr = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Deleter<PKCS12_free>>;
using Pkcs7Ptr = std::unique_ptr<PKCS7, Deleter<PKCS7_free>>;

constexpr std::string_view white = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

template <class Pointer, class Read>
bool reads_as(Read read, ByteView der) {
  const unsigned char* at = der.data();
  return Pointer(read(nullptr, &at, static_cast<long>(der.size()))) != nullptr;
}

ContentKind kind_of_der(ByteView der) {
  const ErrorQueueScope errors;
  if (reads_as<X509Ptr>(d2i_X509, der)) return ContentKind::certificate_der;
  if (reads_as<RequestPtr>(d2i_X509_REQ, der)) return ContentKind::signing_request;
  if (reads_as<RevocationListPtr>(d2i_X509_CRL, der)) return ContentKind::revocation_list;
  if (reads_as<Pkcs12Ptr>(d2i_PKCS12, der)) return ContentKind::pkcs12;
  if (reads_as<Pkcs7Ptr>(d2i_PKCS7, der)) return ContentKind::pkcs7;
  if (reads_as<EvpPkeyPtr>(d2i_PUBKEY, der)) return ContentKind::public_key;
  if (reads_as<EvpPkeyPtr>(d2i_AutoPrivateKey, der)) return ContentKind::private_key;
  return ContentKind::unknown;
}

bool all_of_alphabet(std::string_view text, std::string_view beside) {
  return !text.empty() && std::ranges::all_of(text, [beside](unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           beside.find(static_cast<char>(c)) != beside.npos;
  });
}

// "eyJ" is base64url of `{"`; RFC 7519 asks for no more than an object.
bool is_jwt(std::string_view text) {
  return text.starts_with("ey") && std::ranges::count(text, '.') == 2 && all_of_alphabet(text, "-_.=");
}

// "MI" is base64 of a DER sequence of more than 127 bytes, "LS0tLS1CRUdJTi" of "-----BEGIN".
bool is_base64(std::string_view text) {
  return (text.starts_with("MI") || text.starts_with("LS0tLS1CRUdJTi")) && all_of_alphabet(text, "+/=\r\n");
}

}  // namespace

ContentKind kind_of_content(std::string_view content) {
  if (content.starts_with("\xff\xfe") || content.starts_with("\xfe\xff")) return ContentKind::utf16;
  const std::string_view text = trimmed(content);
  if (text.empty()) return ContentKind::empty;
  if (text.starts_with('{') || text.starts_with('[')) return ContentKind::json;
  if (content.starts_with('\x30'))  // a DER sequence; also the digit 0
    if (const ContentKind kind = kind_of_der(as_bytes(content)); kind != ContentKind::unknown) return kind;
  if (text.find("-----BEGIN ") != text.npos) return ContentKind::pem;
  if (is_jwt(text)) return ContentKind::jwt;
  if (is_base64(text)) return ContentKind::base64;
  return text.starts_with('<') ? ContentKind::html : ContentKind::unknown;
}

ContentKind kind_of_pem_label(std::string_view label) {
  if (label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE")
    return ContentKind::certificate_der;
  if (label.ends_with("PRIVATE KEY")) return ContentKind::private_key;
  if (label.ends_with("CERTIFICATE REQUEST")) return ContentKind::signing_request;
  if (label.ends_with("PUBLIC KEY")) return ContentKind::public_key;
  if (label == "X509 CRL") return ContentKind::revocation_list;
  if (label == "PKCS7" || label == "CMS" || label == "PKCS #7 SIGNED DATA") return ContentKind::pkcs7;
  return ContentKind::unknown;
}

std::string_view name_of(ContentKind kind) {
  switch (kind) {
    case ContentKind::empty:
      return "nothing: it is empty";
    case ContentKind::pem:
      return "PEM";
    case ContentKind::certificate_der:
      return "a certificate";
    case ContentKind::json:
      return "JSON";
    case ContentKind::jwt:
      return "a JWT";
    case ContentKind::signing_request:
      return "a certificate signing request";
    case ContentKind::pkcs12:
      return "a PKCS#12 file (.p12, .pfx)";
    case ContentKind::pkcs7:
      return "a PKCS#7 file (.p7b, .p7c)";
    case ContentKind::revocation_list:
      return "a certificate revocation list";
    case ContentKind::private_key:
      return "a private key";
    case ContentKind::public_key:
      return "a public key";
    case ContentKind::base64:
      return "base64 without its PEM lines, or of a whole PEM file";
    case ContentKind::utf16:
      return "text in UTF-16";
    case ContentKind::html:
      return "HTML or XML";
    case ContentKind::unknown:
      break;
  }
  return "neither PEM nor DER";
}

std::string_view way_to_certificate(ContentKind kind) {
  switch (kind) {
    case ContentKind::jwt:
      return "for a JWT-SVID: entente jwt verify";
    case ContentKind::json:
      return "a bundle goes to --bundle; a certificate is PEM or DER";
    case ContentKind::signing_request:
      return "no authority has signed it yet: give the certificate that comes back";
    case ContentKind::pkcs12:
      return "take the certificates out first: openssl pkcs12 -in FILE -nokeys";
    case ContentKind::pkcs7:
      return "take the certificates out first: openssl pkcs7 -in FILE -print_certs (-inform DER where it is binary)";
    case ContentKind::private_key:
      return "the certificate is in another file, like svid.0.pem beside svid.0.key";
    case ContentKind::public_key:
      return "a key has no ID: give the certificate that holds it";
    case ContentKind::base64:
      return "decode it first: base64 -d";
    case ContentKind::utf16:
      return "save it as plain ASCII: iconv -f UTF-16 -t ASCII";
    case ContentKind::html:
      return "it may be an error page in place of a download";
    default:
      return "";
  }
}

}  // namespace entente::crypto
