#include "reconciler/core/canonical.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "reconciler/manifest/kind_schema.h"

namespace hearth {
namespace {

// Texts of few pieces that the forms are made of: random bytes would nearly never be understood.
rc::Gen<std::string> texts() {
  const auto piece =
      rc::gen::element<std::string>("/", "//", "..", ".", "etc", "0", "644", "90", "1.5", " ", "GiB", "MiB",
                                    "KB", "s", "min", "h", "ms", "w", "foo", "@", ".service", ".timer");
  return rc::gen::exec([piece] {
    const auto count = *rc::gen::inRange(1, 5);
    std::string out = *rc::gen::element<std::string>("", "/", "1", "24", "007");
    for (int i = 0; i < count; ++i) out += *piece;
    return out;
  });
}

TEST(CanonicalProperty, IsIdempotent) {
  std::size_t understood = 0;
  EXPECT_TRUE(rc::check("a canonical form is its own canonical form", [&] {
    using Form = FieldSchema::Form;
    const auto text =
        *rc::gen::weightedOneOf<std::string>({{9, texts()}, {1, rc::gen::arbitrary<std::string>()}});
    for (const auto form : {Form::plain, Form::path, Form::mode, Form::size, Form::duration, Form::unit}) {
      const auto once = canonical(form, text);
      if (!once) continue;
      if (form != Form::plain && form != Form::unit) ++understood;
      RC_ASSERT(canonical(form, *once) == once);
    }
  }));
  EXPECT_GT(understood, 10U) << "the texts are hardly ever understood: this proves nothing";
}

TEST(CanonicalProperty, SizesSurviveTheirText) {
  EXPECT_TRUE(rc::check("parse_size(format_size(n)) is n", [] {
    const auto bytes = *rc::gen::arbitrary<std::uint64_t>();
    const auto shift = *rc::gen::inRange(0, 63);
    for (const std::uint64_t number : {bytes, bytes << static_cast<unsigned>(shift)}) {
      RC_ASSERT(parse_size(format_size(number)) == number);
    }
  }));
}

}  // namespace
}  // namespace hearth
