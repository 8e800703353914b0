#include "gateway/edge_inbox.hpp"

#include "sparkplug/gap.hpp"

namespace millrace {

EdgeInbox::Held& EdgeInbox::of(std::string_view edge) {
  auto found = edges_.find(edge);
  return found != edges_.end() ? found->second : edges_.try_emplace(std::string(edge)).first->second;
}

EdgeInbox::Seen EdgeInbox::add(std::string_view edge, std::string_view epoch, std::uint64_t batch) {
  auto& held = of(edge);
  if (held.epoch != epoch) held = {std::string(epoch), {}, {}};  // its spool was lost: it counts anew
  if (held.waiting.contains(batch)) return Seen::waiting;
  if (held.batches.contains(batch)) return Seen::held;
  held.batches.add(batch);
  held.waiting.add(batch);
  return Seen::first;
}

void EdgeInbox::on_durable(std::string_view edge, std::string_view epoch, std::uint64_t batch) {
  auto& held = of(edge);
  if (held.epoch == epoch) held.waiting.remove(batch);
}

void EdgeInbox::take_back(std::string_view edge, std::uint64_t batch) {
  auto& held = of(edge);
  held.batches.remove(batch);
  held.waiting.remove(batch);
}

SpoolGap EdgeInbox::settle(std::string_view edge, const SpoolGap& gap) {
  auto& held = of(edge);
  auto missing = sparkplug::only_missing(gap, held.batches);
  for (const auto& range : gap.numbers) held.batches.add(range.first, range.last);
  return missing;
}

std::string EdgeInbox::to_text(std::string_view edge) const {
  auto found = edges_.find(edge);
  return found == edges_.end() ? std::string() : found->second.epoch + " " + found->second.batches.to_text();
}

bool EdgeInbox::restore(std::string_view edge, std::string_view text) {
  auto space = text.find(' ');
  if (space == std::string_view::npos) return false;
  auto batches = sparkplug::BatchSet::parse(text.substr(space + 1));
  if (!batches) return false;
  edges_[std::string(edge)] = {std::string(text.substr(0, space)), std::move(*batches), {}};
  return true;
}

}  // namespace millrace
