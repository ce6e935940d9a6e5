#include "reconciler/transport/script_end.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

Diagnostic complaint(int exit_code, std::string err) {
  ScriptEnd end;
  end.exit_code = exit_code;
  end.output.err = std::move(err);
  return why_not_begun("pve", end);
}

TEST(ScriptEnd, SaysWhyAHostDidNotBegin) {
  EXPECT_EQ(complaint(1, "sudo: a password is required\n").rule, "become-password");
  EXPECT_EQ(complaint(1, "sudo: eve is not in the sudoers file\n").rule, "become");
  const Diagnostic no_shell = complaint(1, "This account is currently not available.\n");
  EXPECT_EQ(no_shell.rule, "no-shell");
  EXPECT_EQ(no_shell.message,
            "the login on pve did not start sh (exit status 1): This account is currently not available.");
}

}  // namespace
}  // namespace hearth
