#include "common/store/sqlite_columns.hpp"

#include <charconv>

#include "common/spiffe/bundle_json.hpp"

namespace entente::store {

void bind_sequence(SqliteStatement& statement, int parameter, std::optional<std::uint64_t> sequence) {
  if (sequence)
    statement.bind(parameter, std::to_string(*sequence));
  else
    statement.bind_null(parameter);
}

Result<std::optional<std::uint64_t>> read_sequence(const SqliteStatement& row, int column, std::string_view name) {
  if (row.is_null(column)) return std::optional<std::uint64_t>();
  const std::string text = row.text(column);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return Error(Errc::store, std::string(name) + " \"" + text + "\" is not a number below 2^64");
  return std::optional(value);
}

const std::string& BundleTexts::of(const spiffe::Bundle& bundle) {
  std::string& text = texts_[&bundle];
  if (text.empty()) text = spiffe::write_bundle(bundle);
  return text;
}

void bind_bundle(SqliteStatement& statement, int parameter, const spiffe::BundlePtr& bundle, BundleTexts& texts) {
  if (bundle)
    statement.bind(parameter, texts.of(*bundle));
  else
    statement.bind_null(parameter);
}

Result<spiffe::BundlePtr> read_bundle(const SqliteStatement& row, int column, const spiffe::TrustDomain& trust_domain,
                                      std::string_view name) {
  if (row.is_null(column)) return spiffe::BundlePtr();
  Result<spiffe::ParsedBundle> parsed = spiffe::parse_bundle(trust_domain, row.text(column));
  if (!parsed) return parsed.error().within(name);
  // We wrote every key of it: one that is passed over now is damage, and trust must not shrink in silence.
  if (!parsed->ignored.empty()) return Error(Errc::store, std::string(name) + ": " + parsed->ignored.front());
  return spiffe::BundlePtr(std::make_shared<const spiffe::Bundle>(std::move(parsed->bundle)));
}

Result<trust::Origin> parse_origin(const std::string& text) {
  using trust::Origin;
  for (const auto known :
       {Origin::own, Origin::bootstrap, Origin::fetched, Origin::given, Origin::imported, Origin::none})
    if (text == trust::to_string(known)) return known;
  return Error(Errc::store, "origin \"" + text + "\" is not known");
}

}  // namespace entente::store
