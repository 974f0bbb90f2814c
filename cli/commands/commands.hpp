// The commands behind the command line: each does one thing and returns the exit code.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/flags.hpp"
#include "cli/options.hpp"

namespace entente::cli {

// health_command.cpp
enum class HealthQuestion { live, ready };
int health(const GlobalOptions& options, HealthQuestion question, const std::optional<std::string>& url);

// bundle_command.cpp
enum class BundleFormat { spiffe, pem, text };
int bundle_show(const GlobalOptions& options, const std::string& trust_domain, std::optional<BundleFormat> format);
int bundle_list(const GlobalOptions& options);
int bundle_count(const GlobalOptions& options);
int bundle_set(const GlobalOptions& options, const std::string& trust_domain, const std::string& file);
int bundle_delete(const GlobalOptions& options, const std::string& trust_domain, DeleteMode mode);
int bundle_rotate(const GlobalOptions& options, bool x509, bool jwt, bool now);

// exchange_command.cpp: signed files. "": stdout.
int bundle_export(const GlobalOptions& options, const std::string& file);
int bundle_import(const GlobalOptions& options, const std::string& file, const std::string& fingerprint);

// federation_command.cpp
int federation_list(const GlobalOptions& options);
int federation_show(const GlobalOptions& options, const std::string& trust_domain);
int federation_refresh(const GlobalOptions& options, const std::vector<std::string>& trust_domains);
int federation_create(const GlobalOptions& options, const RelationshipFlags& flags);
int federation_update(const GlobalOptions& options, const RelationshipFlags& flags);
int federation_delete(const GlobalOptions& options, const std::string& trust_domain);

// trust_command.cpp: what an operator decides, and what is on record.
int federation_accept(const GlobalOptions& options, const std::string& trust_domain, const std::string& reason);
int federation_approve(const GlobalOptions& options, const std::string& trust_domain, const std::string& digest);
int federation_reject(const GlobalOptions& options, const std::string& trust_domain, const std::string& digest);
int federation_rollback(const GlobalOptions& options, const std::string& trust_domain, std::uint64_t number,
                        const std::string& reason);
struct HistoryRange {
  std::uint32_t limit;                // the newest so many of
  std::uint64_t first = 0, last = 0;  // the entries numbered so, both included; 0: no bound
};
int federation_history(const GlobalOptions& options, const std::string& trust_domain, const HistoryRange& range);
int federation_diff(const GlobalOptions& options, const std::string& trust_domain, std::optional<std::uint64_t> from,
                    std::optional<std::uint64_t> to);

// helper_command.cpp
struct HelperFlags {
  std::string config;
  bool once = false, check = false;
  std::optional<bool> daemon_mode;   // spiffe-helper's flag: overrides the file
  std::vector<std::string> command;  // in place of the file's child
};
int helper(const GlobalOptions& options, const HelperFlags& flags);

// push_command.cpp
int push_list(const GlobalOptions& options);

// entry_command.cpp
int entry_list(const GlobalOptions& options);
int entry_show(const GlobalOptions& options, const std::string& id);
int entry_create(const GlobalOptions& options, const EntryFlags& flags);
int entry_update(const GlobalOptions& options, const std::string& id, const EntryFlags& flags);
int entry_delete(const GlobalOptions& options, const std::string& id);

// doctor_command.cpp
struct DoctorOptions {
  std::string config;        // file; "": only what the admin API tells
  std::string endpoint_url;  // our own endpoint's, as peers name it; "": the address that it listens on
  bool verbose = false;
};
// No trust domains: all of them. Exit 0 only where there is nothing to do.
int run_doctor(const GlobalOptions& options, const std::vector<std::string>& trust_domains,
               const DoctorOptions& wanted);

// svid_command.cpp
int svid_fetch(const GlobalOptions& options, const std::optional<std::filesystem::path>& folder);
int svid_watch(const GlobalOptions& options);

// jwt_command.cpp
int jwt_fetch(const GlobalOptions& options, const std::vector<std::string>& audience,
              const std::optional<std::string>& spiffe_id);
int jwt_validate(const GlobalOptions& options, const std::string& audience, const std::string& argument);

// inspect_command.cpp: offline, from files. Exit 1 where a rule is broken, 2 where a file is none of the kind asked
// for.
struct VerificationFlags {
  std::optional<std::string> bundle, trust_domain, at;
};
int svid_id(const GlobalOptions& options, const std::vector<std::string>& files, const VerificationFlags& flags);
int svid_verify(const GlobalOptions& options, const std::string& file, const VerificationFlags& flags);
int jwt_verify(const GlobalOptions& options, const std::string& token, const std::string& audience,
               const VerificationFlags& flags);

}  // namespace entente::cli
