// The commands behind the command line: each does one thing and returns the exit code.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"

namespace entente::cli {

// health_command.cpp
enum class HealthQuestion { live, ready };
int health(const GlobalOptions& options, HealthQuestion question, const std::optional<std::string>& url);

// bundle_command.cpp
enum class BundleFormat { spiffe, pem, text };
int bundle_show(const GlobalOptions& options, const std::string& trust_domain, std::optional<BundleFormat> format);
int bundle_rotate(const GlobalOptions& options, bool x509, bool jwt, bool now);

// federation_command.cpp
int federation_list(const GlobalOptions& options);
int federation_show(const GlobalOptions& options, const std::string& trust_domain);
int federation_refresh(const GlobalOptions& options, const std::vector<std::string>& trust_domains);
int federation_accept(const GlobalOptions& options, const std::string& trust_domain, const std::string& reason);

// svid_command.cpp
int svid_fetch(const GlobalOptions& options, const std::optional<std::filesystem::path>& folder);
int svid_watch(const GlobalOptions& options);

// jwt_command.cpp
int jwt_fetch(const GlobalOptions& options, const std::vector<std::string>& audience,
              const std::optional<std::string>& spiffe_id);
int jwt_validate(const GlobalOptions& options, const std::string& audience, const std::string& token);

}  // namespace entente::cli
