#include "reconciler/core/content.h"

#include <algorithm>
#include <utility>

namespace hearth {

void Content::add(std::string text) {
  if (text.empty()) return;
  if (!pieces_.empty() && pieces_.back().secret.empty()) {
    pieces_.back().text += text;
  } else {
    pieces_.push_back({std::move(text), {}, nullptr});
  }
}

void Content::add(SecretName name) {
  pieces_.push_back({{}, std::move(name.name), nullptr});
}

Content Content::from_value(const Value& value) {
  Content out;
  const auto add = [&](const Value& one) {
    if (one.is_string()) out.add(one.as_string());
    if (one.is_secret()) out.add(one.as_secret());
  };
  if (value.is_list()) {
    for (const Value& piece : value.as_list()) add(piece);
  } else {
    add(value);
  }
  return out;
}

bool Content::has_secrets() const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return !piece.secret.empty(); });
}

std::vector<std::string> Content::secret_names() const {
  std::vector<std::string> out;
  for (const Piece& piece : pieces_) {
    if (!piece.secret.empty() && std::find(out.begin(), out.end(), piece.secret) == out.end())
      out.push_back(piece.secret);
  }
  return out;
}

std::string Content::shown() const {
  std::string out;
  for (const Piece& piece : pieces_)
    out += piece.secret.empty() ? piece.text : "<secret " + piece.secret + ">";
  return out;
}

Value Content::to_value() const {
  if (!has_secrets()) return shown();
  List out;
  for (const Piece& piece : pieces_) {
    if (piece.secret.empty()) {
      out.emplace_back(piece.text);
    } else {
      out.emplace_back(SecretName{piece.secret});
    }
  }
  return out;
}

Result<void> Content::bind(Secrets& secrets) {
  for (Piece& piece : pieces_) {
    if (piece.secret.empty()) continue;
    auto found = secrets.find(piece.secret);
    if (!found) return tl::unexpected(found.error());
    piece.bytes = *std::move(found);
  }
  return {};
}

Result<SecretText> Content::revealed() const {
  SecretText out;
  for (const Piece& piece : pieces_) {
    if (piece.secret.empty()) {
      out.append(piece.text);
    } else if (piece.bytes) {
      out.append(piece.bytes->reveal());
    } else {
      return tl::unexpected(failure("missing-secret", "the secret \"" + piece.secret + "\" was not read"));
    }
  }
  return out;
}

bool operator==(const Content& a, const Content& b) {
  return std::equal(a.pieces_.begin(), a.pieces_.end(), b.pieces_.begin(), b.pieces_.end(),
                    [](const Content::Piece& x, const Content::Piece& y) {
                      return x.text == y.text && x.secret == y.secret;
                    });
}

}  // namespace hearth
