// Where federated bundles are pushed.
#include <algorithm>

#include "common/config/sections.hpp"
#include "common/config/values.hpp"

namespace entente::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Parser<Duration> check_interval() { return duration_between(seconds(1), hours(24)); }

SpireServerPush read_server_target(const Node& node) {
  SpireServerPush server;
  Section section(node);
  if (const auto socket = section.get(
          "address", "the socket of the server's admin API, such as unix:///run/spire/server.sock", parse_socket))
    server.socket = *socket;
  section.set(
      "on_end", server.on_end,
      choice<PushEnd>(
          {{"restrict", PushEnd::restrict_}, {"dissociate", PushEnd::dissociate}, {"delete", PushEnd::delete_}}));
  section.set("check", server.check, check_interval());
  return server;
}

FilePush read_file_target(const Node& node, const std::filesystem::path& folder) {
  FilePush file;
  Section section(node);
  if (const auto dir = section.get("dir", "the folder for a file of each federated trust domain", path_in(folder)))
    file.dir = *dir;
  section.set("format", file.format,
              choice<BundleFileFormat>({{"spiffe", BundleFileFormat::spiffe}, {"pem", BundleFileFormat::pem}}));
  section.set("check", file.check, check_interval());
  return file;
}

const std::filesystem::path& place_of(const PushTargetConfig& target) {
  const auto* server = std::get_if<SpireServerPush>(&target);
  return server != nullptr ? server->socket : std::get<FilePush>(target).dir;
}

// Two formats in one folder are two sets of files.
bool same_place(const PushTargetConfig& a, const PushTargetConfig& b) {
  if (a.index() != b.index() || place_of(a) != place_of(b)) return false;
  const auto* file = std::get_if<FilePush>(&a);
  return file == nullptr || file->format == std::get<FilePush>(b).format;
}

}  // namespace

std::vector<PushTargetConfig> read_push(Section& top, const Surroundings& around) {
  std::vector<PushTargetConfig> targets;
  const auto node = top.find("push");
  if (!node) return targets;
  if (around.server_only)
    node->mistake_at_head("nothing is federated where only the server runs: push from the syncer");
  for (const Node& item : node->items()) {
    Section section(item);
    const auto chosen = section.one_of({"spire_server", "file"}, {});
    if (!chosen) continue;
    PushTargetConfig target = chosen->key == "file" ? PushTargetConfig(read_file_target(chosen->node, around.folder))
                                                    : PushTargetConfig(read_server_target(chosen->node));
    const bool twice = std::any_of(targets.begin(), targets.end(),
                                   [&target](const PushTargetConfig& other) { return same_place(other, target); });
    if (twice && !place_of(target).empty()) item.mistake("the same target stands here twice: keep one");
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace entente::config
