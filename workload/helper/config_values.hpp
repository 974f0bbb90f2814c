// From the texts of a helper's configuration to its values, whichever language they stood in. Internal to helper.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "workload/helper/helper_config.hpp"

namespace entente::helper {

// "SIGHUP" or "HUP"; Errc::invalid_argument where Linux has no such signal, or it cannot be sent to any good.
Result<int> parse_signal(const std::string& text);
std::string signal_name(int signal);  // "SIGHUP"

// Octal, with or without a leading 0, at most 0777.
Result<mode_t> parse_mode(const std::string& text);
std::string spell_mode(mode_t mode);  // "0640"

// A name that this system knows, or a number.
Result<uid_t> parse_owner(const std::string& text);
Result<gid_t> parse_group(const std::string& text);

// What may be a file's name in the directory: no folder in it, nothing hidden behind "..", which the sets use.
Status check_file_name(const std::string& name);

// Facts about contents.
bool is_secret(Content content);  // a key or a token
bool is_federated(Content content);
bool needs_identity(Content content);  // its X509-SVID
bool needs_x509_bundles(Content content);
bool needs_jwt_bundles(Content content);
bool allows(Content content, Format format);
Format usual_format(Content content);
std::string_view to_string(Content content);  // "certificate"
Result<Content> parse_content(const std::string& text);

inline constexpr std::string_view trust_domain_mark = "{trust_domain}";

}  // namespace entente::helper
