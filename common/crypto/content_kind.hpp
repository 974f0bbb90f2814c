// What somebody handed over, told by its first look: so that a mistaken file is named for what it is.
#pragma once

#include <string>
#include <string_view>

namespace entente::crypto {

enum class ContentKind {
  empty,
  pem,  // holds a "-----BEGIN" line and is no JSON
  certificate_der,
  json,
  jwt,  // three parts of base64url, the first of them JSON
  signing_request,
  pkcs12,
  pkcs7,
  revocation_list,
  private_key,
  public_key,
  base64,  // of PEM or DER
  utf16,
  html,
  unknown,
};

// Looks at no more than it must; reads no secret out of what it recognises.
ContentKind kind_of_content(std::string_view content);

// "a PKCS#12 file (.p12, .pfx)"; and what to do with it where a certificate is wanted, or "".
std::string_view name_of(ContentKind kind);
std::string_view way_to_certificate(ContentKind kind);

// The same for a PEM block by its label: ContentKind::unknown for labels that are not known.
ContentKind kind_of_pem_label(std::string_view label);

}  // namespace entente::crypto
