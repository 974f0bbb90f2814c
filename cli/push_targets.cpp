#include "cli/push_targets.hpp"

#include "syncer/push/file_target.hpp"
#include "syncer/push/pushed_domains.hpp"
#include "syncer/push/spire_target.hpp"

namespace entente::cli {
namespace {

spire_api::DeleteMode mode_of(config::PushEnd end) {
  switch (end) {
    case config::PushEnd::restrict_:
      return spire_api::DeleteMode::restrict_;
    case config::PushEnd::delete_:
      return spire_api::DeleteMode::delete_;
    case config::PushEnd::dissociate:
      break;
  }
  return spire_api::DeleteMode::dissociate;
}

std::unique_ptr<syncer::PushTarget> make_target(const config::PushTargetConfig& target) {
  if (const auto* server = std::get_if<config::SpireServerPush>(&target))
    return std::make_unique<syncer::SpireTarget>(server->socket, mode_of(server->on_end));
  const auto& file = std::get<config::FilePush>(target);
  const bool pem = file.format == config::BundleFileFormat::pem;
  return std::make_unique<syncer::FileTarget>(file.dir,
                                              pem ? syncer::PushFileFormat::pem : syncer::PushFileFormat::spiffe);
}

Duration check_of(const config::PushTargetConfig& target) {
  return std::visit([](const auto& each) { return each.check; }, target);
}

}  // namespace

std::string push_target_name(const config::PushTargetConfig& target) {
  if (const auto* server = std::get_if<config::SpireServerPush>(&target)) return "unix://" + server->socket.string();
  const auto& file = std::get<config::FilePush>(target);
  return (file.dir / (file.format == config::BundleFileFormat::pem ? "*.pem" : "*.json")).string();
}

Result<std::vector<std::unique_ptr<syncer::Pusher>>> open_pushers(const config::Config& config,
                                                                  const syncer::PushParts& parts) {
  const std::filesystem::path folder = config.data_dir / "push";
  std::vector<std::unique_ptr<syncer::Pusher>> pushers;
  std::set<std::string> names;
  for (const config::PushTargetConfig& target : config.push) {
    const std::string name = push_target_name(target);
    names.insert(name);
    syncer::PusherOptions options{name, syncer::pushed_domains_file(folder, name), check_of(target)};
    auto opened = syncer::Pusher::open(parts, std::move(options), make_target(target));
    if (!opened) return opened.error().within("push");
    pushers.push_back(std::move(*opened));
  }
  for (const std::string& name : syncer::abandoned_targets(folder, names))
    parts.log.warning("a push target is configured no more: what was pushed there stays, and nobody updates it",
                      {{"event", "push_abandoned"}, {"target", name}});
  return pushers;
}

}  // namespace entente::cli
