// How smb.conf of a host is read, checked and taken up: what all kinds of this provider share.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "providers/provider.h"
#include "providers/samba/smb_conf.h"

namespace hearth {

// smb.conf and what it includes.
std::vector<Probe> smb_conf_probes();

struct SmbConfReply {
  bool exists = false;
  std::string text;
  SmbConf conf;
  std::string trouble;  // why nothing can be said, or ""
};
SmbConfReply smb_conf_reply(std::span<const Reply> replies);

// Steps that carry EDITS out one after the other, none before testparm(1) has read the file as it would be; then what runs
// takes it up, by a reload: a restart would cut transfers. TEXT is what lies there; the first step expects FIELDS and what it
// becomes.
std::vector<Step> smb_conf_steps(const std::vector<SmbEdit>& edits, const std::string& text, Map fields);

}  // namespace hearth
