#include "common/crypto/issue_extensions.hpp"

#include <arpa/inet.h>

namespace entente::crypto {
namespace {

constexpr std::size_t key_id_length = 20;

Status add(X509* x509, int nid, void* value, bool critical) {
  if (value != nullptr && X509_add1_ext_i2d(x509, nid, value, critical ? 1 : 0, 0) == 1) return ok();
  return drain_errors(std::string("issue: extension ") + OBJ_nid2sn(nid));
}

Asn1OctetStringPtr octets(ByteView bytes) {
  Asn1OctetStringPtr value(ASN1_OCTET_STRING_new());
  if (!value || ASN1_OCTET_STRING_set(value.get(), bytes.data(), static_cast<int>(bytes.size())) != 1) return nullptr;
  return value;
}

Status add_basic_constraints(X509* x509, const CertificateTemplate& wanted) {
  if (wanted.overrides.no_basic_constraints) return ok();
  const BasicConstraintsPtr value(BASIC_CONSTRAINTS_new());
  if (!value) return drain_errors("issue: basic constraints");
  // DER knows one TRUE (X.690 11.1); OpenSSL writes the number as it stands, and Go refuses any other.
  value->ca = wanted.ca ? 0xff : 0;
  if (wanted.path_length) {
    value->pathlen = ASN1_INTEGER_new();
    if (value->pathlen == nullptr || ASN1_INTEGER_set(value->pathlen, *wanted.path_length) != 1)
      return drain_errors("issue: path length");
  }
  return add(x509, NID_basic_constraints, value.get(), true);
}

Certificate::KeyUsage default_key_usage(bool ca, bool rsa) {
  if (ca) return {.critical = true, .key_cert_sign = true, .crl_sign = true};
  return {.critical = true, .digital_signature = true, .key_encipherment = rsa};
}

Status add_key_usage(X509* x509, const CertificateTemplate& wanted, const PublicKey& key) {
  if (wanted.overrides.no_key_usage) return ok();
  const Certificate::KeyUsage usage = wanted.overrides.key_usage.value_or(default_key_usage(wanted.ca, key.is_rsa()));
  const Asn1BitStringPtr bits(ASN1_BIT_STRING_new());
  if (!bits) return drain_errors("issue: key usage");
  // RFC 5280 4.2.1.3 numbers them; a bit of a bit string that is never set is left out, as DER wants it.
  const std::pair<int, bool> numbered[] = {{0, usage.digital_signature},
                                           {2, usage.key_encipherment},
                                           {4, usage.key_agreement},
                                           {5, usage.key_cert_sign},
                                           {6, usage.crl_sign}};
  for (const auto& [number, set] : numbered)
    if (set && ASN1_BIT_STRING_set_bit(bits.get(), number, 1) != 1) return drain_errors("issue: key usage");
  return add(x509, NID_key_usage, bits.get(), usage.critical);
}

Status add_extended_key_usage(X509* x509, const CertificateTemplate& wanted) {
  const auto& overrides = wanted.overrides;
  if (overrides.no_extended_key_usage || (wanted.ca && !overrides.extended_key_usage)) return ok();
  const Certificate::ExtendedKeyUsage usage =
      overrides.extended_key_usage.value_or(Certificate::ExtendedKeyUsage{.server_auth = true, .client_auth = true});
  const ExtendedKeyUsagePtr purposes(sk_ASN1_OBJECT_new_null());
  if (!purposes) return drain_errors("issue: extended key usage");
  const auto push = [&](int nid) { sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(nid)); };
  if (usage.server_auth) push(NID_server_auth);
  if (usage.client_auth) push(NID_client_auth);
  if (usage.any) push(NID_anyExtendedKeyUsage);
  if (sk_ASN1_OBJECT_num(purposes.get()) == 0) push(NID_code_sign);  // the extension cannot be empty
  return add(x509, NID_ext_key_usage, purposes.get(), false);
}

bool push_text_name(GENERAL_NAMES* names, int type, const std::string& text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (value == nullptr || name == nullptr || ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_IA5STRING_free(value);
    GENERAL_NAME_free(name);
    return false;
  }
  GENERAL_NAME_set0_value(name, type, value);
  return sk_GENERAL_NAME_push(names, name) > 0;
}

Bytes address_bytes(const std::string& text) {
  std::uint8_t bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return Bytes(bytes, bytes + 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return Bytes(bytes, bytes + 16);
  return {};
}

Status push_address(GENERAL_NAMES* names, const std::string& text) {
  const Bytes bytes = address_bytes(text);
  if (bytes.empty()) return Error(Errc::invalid_argument, "issue: \"" + text + "\" is not an IP address");
  Asn1OctetStringPtr value = octets(bytes);
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (!value || name == nullptr) {
    GENERAL_NAME_free(name);
    return drain_errors("issue: IP address");
  }
  GENERAL_NAME_set0_value(name, GEN_IPADD, value.release());
  sk_GENERAL_NAME_push(names, name);
  return ok();
}

// X509-SVID 4.1 after RFC 5280 4.2.1.6: with an empty subject the names are all there is, so they are critical.
Status add_names(X509* x509, const CertificateTemplate& wanted) {
  const GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
  if (!names) return drain_errors("issue: names");
  for (const std::string& text : wanted.uri_names)
    if (!push_text_name(names.get(), GEN_URI, text)) return drain_errors("issue: URI name");
  for (const std::string& text : wanted.dns_names)
    if (!push_text_name(names.get(), GEN_DNS, text)) return drain_errors("issue: DNS name");
  for (const std::string& text : wanted.ip_names)
    if (const Status pushed = push_address(names.get(), text); !pushed) return pushed.error();
  if (sk_GENERAL_NAME_num(names.get()) == 0) return ok();
  return add(x509, NID_subject_alt_name, names.get(), wanted.overrides.san_critical.value_or(wanted.subject.empty()));
}

// RFC 7093 2 (1): the leftmost 160 bits of the key's SHA-256.
Status add_key_ids(X509* x509, const Bytes& issuer_key_id) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_pubkey_digest(x509, EVP_sha256(), digest, &length) != 1) return drain_errors("issue: key identifier");
  const Asn1OctetStringPtr own = octets({digest, key_id_length});
  if (const Status added = add(x509, NID_subject_key_identifier, own.get(), false); !added) return added.error();
  if (issuer_key_id.empty()) return ok();
  const AuthorityKeyIdPtr authority(AUTHORITY_KEYID_new());
  if (!authority) return drain_errors("issue: authority key identifier");
  authority->keyid = octets(issuer_key_id).release();
  return add(x509, NID_authority_key_identifier, authority.get(), false);
}

}  // namespace

Status add_extensions(X509* x509, const CertificateTemplate& wanted, const PublicKey& key, const Bytes& issuer_key_id) {
  if (const Status added = add_basic_constraints(x509, wanted); !added) return added.error();
  if (const Status added = add_key_usage(x509, wanted, key); !added) return added.error();
  if (const Status added = add_extended_key_usage(x509, wanted); !added) return added.error();
  if (const Status added = add_names(x509, wanted); !added) return added.error();
  return add_key_ids(x509, issuer_key_id);
}

}  // namespace entente::crypto
