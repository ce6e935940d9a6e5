#include <gtest/gtest.h>

#include "reconciler/core/json.h"
#include "reconciler/import/secrets.h"

namespace hearth {
namespace {

TEST(ImportSecrets, AreSeenInTexts) {
  for (const char* text :
       {"password=x", "DB_PASSWORD = x", "api_key: x", "export TOKEN='x'", "a\n  \"secret\": \"x\"\n",
        "curl --token abc", "mount -o username=a,password=b", "psk=\"abc\"",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----", "url=https://eve:x@host/",
        "Authorization: Basic eA==", "Environment=\"API_TOKEN=x\"", "passphrase x=1 secret = y", "pwd: x"}) {
    EXPECT_NE(secret_in_text(text), "") << text;
  }
  for (const char* text : {"", "hello", "cd \"$(pwd)\"", "# asks for a password", "PasswordAuthentication",
                           "password=", "https://host:80/a@b", "-----BEGIN CERTIFICATE-----",
                           "1 0 * * * root true", "tokenize"}) {
    EXPECT_EQ(secret_in_text(text), "") << text;
  }
}

TEST(ImportSecrets, AreSeenInNames) {
  for (const char* path : {"/a/site.key", "/root/.ssh/id_rsa", "/etc/shadow", "/etc/ssh/ssh_host_ed25519_key",
                           "/a/.htpasswd", "/a/b.p12", "/etc/smbcredentials", "/a/db_password"}) {
    EXPECT_NE(secret_by_name(path, "0644"), "") << path;
  }
  EXPECT_NE(secret_by_name("/opt/a/.env", "0600"), "");
  EXPECT_NE(secret_by_name("/opt/a/app.env", "0640"), "");
  for (const char* path :
       {"/etc/motd", "/a/keyboard", "/a/.env", "/root/.ssh/id_rsa_key.pub", "/usr/local/bin/monkey"})
    EXPECT_EQ(secret_by_name(path, "0644"), "") << path;
}

TEST(ImportSecrets, AreTakenOutAndNeverNamed) {
  Value spec = Map{{"path", "/etc/x"},
                   {"unit", "[Service]\nEnvironment=PASSWORD=hunter2\n"},
                   {"dropIns", Map{{"a", "[Service]\n"}, {"b", "token=hunter2"}}},
                   {"args", List{"run", "--password=hunter2"}}};
  std::string said;
  for (const std::string& line : take_secrets(spec)) said += line + "\n";
  EXPECT_EQ(to_json(spec), R"({"path":"/etc/x","dropIns":{"a":"[Service]\n"}})");
  EXPECT_NE(said.find("dropIns.b is left out"), std::string::npos);
  EXPECT_NE(said.find("args is left out"), std::string::npos);
  EXPECT_EQ(said.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace hearth
