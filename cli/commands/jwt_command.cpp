#include <iostream>

#include "cli/commands/commands.hpp"
#include "cli/input.hpp"
#include "cli/print.hpp"
#include "cli/workload_advice.hpp"
#include "common/client/endpoint_socket.hpp"
#include "common/client/workload_client.hpp"

namespace entente::cli {

int jwt_fetch(const GlobalOptions& options, const std::vector<std::string>& audience,
              const std::optional<std::string>& spiffe_id) {
  const Result<std::string> target = client::find_endpoint_socket(options.socket);
  if (!target) return fail_usage(target.error().message());
  std::optional<spiffe::SpiffeId> wanted;
  if (spiffe_id) {
    Result<spiffe::SpiffeId> parsed = spiffe::SpiffeId::parse(*spiffe_id);
    if (!parsed) return fail_usage("--spiffe-id: " + parsed.error().message());
    wanted = std::move(*parsed);
  }
  const client::WorkloadClient workload(*target);
  const auto svids = waiting("waiting for the Workload API at " + *target,
                             [&] { return workload.fetch_jwt(audience, wanted, options.timeout); });
  if (!svids) return fail_workload(*target, svids.error(), options);
  if (options.output == Output::json) {
    Json document = Json::array();
    for (const client::JwtSvid& svid : *svids)
      document.push_back({{"spiffe_id", svid.id.str()},
                          {"svid", svid.token},
                          {"hint", svid.hint.empty() ? Json(nullptr) : Json(svid.hint)}});
    print_json(document);
    return exit_done;
  }
  // One identity: the token alone, ready for a shell variable. Several: each under its ID.
  for (const client::JwtSvid& svid : *svids) {
    if (svids->size() > 1) std::cout << svid.id.str() << ":\n";
    std::cout << svid.token << '\n';
  }
  return exit_done;
}

int jwt_validate(const GlobalOptions& options, const std::string& audience, const std::string& argument) {
  const Result<std::string> target = client::find_endpoint_socket(options.socket);
  if (!target) return fail_usage(target.error().message());
  const Result<TypedToken> token = read_token(argument);
  if (!token) return fail_usage(token.error().message());
  const client::WorkloadClient workload(*target);
  const auto valid = waiting("waiting for the Workload API at " + *target,
                             [&] { return workload.validate_jwt(audience, token->text, options.timeout); });
  // A token that is refused is the thing asked for failing, not a mistake in the command line.
  if (!valid) {
    (void)fail_workload(*target, valid.error(), options);
    return exit_failed;
  }
  const Json claims = Json::parse(valid->claims_json, nullptr, false);
  if (options.output == Output::json) {
    print_json({{"spiffe_id", valid->id.str()}, {"claims", claims}});
  } else {
    std::cout << "valid: " << valid->id.str() << '\n'
              << claims.dump(2, ' ', true, Json::error_handler_t::replace) << '\n';
  }
  return exit_done;
}

}  // namespace entente::cli
