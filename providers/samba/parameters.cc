#include "providers/samba/parameters.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "reconciler/core/canonical.h"

namespace hearth {

namespace {

using Type = SmbParameter::Type;

struct Row {
  std::string_view name;
  Type type;
  bool of_shares;
  std::string_view synonyms;  // `|` between them
  std::string_view inverted;  // those that say the opposite
};

// smb.conf(5) of Samba 4.17 to 4.22.
constexpr Row rows[] = {
    {"access based share enum", Type::boolean, true, "", ""},
    {"acl allow execute always", Type::boolean, true, "", ""},
    {"acl check permissions", Type::boolean, true, "", ""},
    {"acl flag inherited canonicalization", Type::boolean, true, "", ""},
    {"acl group control", Type::boolean, true, "", ""},
    {"acl map full control", Type::boolean, true, "", ""},
    {"additional dns hostnames", Type::list, false, "", ""},
    {"admin users", Type::list, true, "", ""},
    {"administrative share", Type::boolean, true, "", ""},
    {"afs share", Type::boolean, true, "", ""},
    {"afs token lifetime", Type::number, false, "", ""},
    {"aio max threads", Type::number, false, "", ""},
    {"aio read size", Type::number, true, "", ""},
    {"aio write behind", Type::text, true, "", ""},
    {"aio write size", Type::number, true, "", ""},
    {"algorithmic rid base", Type::number, false, "", ""},
    {"allocation roundup size", Type::number, true, "", ""},
    {"allow dcerpc auth level connect", Type::boolean, false, "", ""},
    {"allow dns updates", Type::word, false, "", ""},
    {"allow insecure wide links", Type::boolean, false, "", ""},
    {"allow nt4 crypto", Type::boolean, false, "", ""},
    {"allow trusted domains", Type::boolean, false, "", ""},
    {"allow unsafe cluster upgrade", Type::boolean, false, "", ""},
    {"apply group policies", Type::boolean, false, "", ""},
    {"async dns timeout", Type::number, false, "", ""},
    {"async smb echo handler", Type::boolean, false, "", ""},
    {"auth event notification", Type::boolean, false, "", ""},
    {"auto services", Type::text, false, "preload", ""},
    {"available", Type::boolean, true, "", ""},
    {"bind interfaces only", Type::boolean, false, "", ""},
    {"block size", Type::text, true, "", ""},
    {"blocking locks", Type::boolean, true, "", ""},
    {"browse list", Type::boolean, false, "", ""},
    {"browseable", Type::boolean, true, "browsable", ""},
    {"cache directory", Type::text, false, "cache dir", ""},
    {"case sensitive", Type::word, true, "casesignames", ""},
    {"change notify", Type::boolean, false, "", ""},
    {"check parent directory delete on close", Type::boolean, true, "", ""},
    {"cldap port", Type::number, false, "", ""},
    {"client NTLMv2 auth", Type::boolean, false, "", ""},
    {"client ipc max protocol", Type::protocol, false, "", ""},
    {"client ipc min protocol", Type::protocol, false, "", ""},
    {"client ipc signing", Type::signing, false, "", ""},
    {"client lanman auth", Type::boolean, false, "", ""},
    {"client ldap sasl wrapping", Type::word, false, "", ""},
    {"client max protocol", Type::protocol, false, "", ""},
    {"client min protocol", Type::protocol, false, "", ""},
    {"client plaintext auth", Type::boolean, false, "", ""},
    {"client protection", Type::word, false, "", ""},
    {"client schannel", Type::boolean, false, "", ""},
    {"client signing", Type::signing, false, "", ""},
    {"client smb encrypt", Type::signing, false, "", ""},
    {"client smb3 encryption algorithms", Type::list, false, "", ""},
    {"client smb3 signing algorithms", Type::list, false, "", ""},
    {"client use kerberos", Type::word, false, "", ""},
    {"client use spnego", Type::boolean, false, "", ""},
    {"client use spnego principal", Type::boolean, false, "", ""},
    {"cluster addresses", Type::list, false, "", ""},
    {"clustering", Type::boolean, false, "", ""},
    {"comment", Type::text, true, "", ""},
    {"create krb5 conf", Type::boolean, false, "", ""},
    {"create mask", Type::octal, true, "create mode", ""},
    {"csc policy", Type::word, true, "", ""},
    {"ctdb locktime warn threshold", Type::number, false, "", ""},
    {"ctdb timeout", Type::number, false, "", ""},
    {"cups connection timeout", Type::number, false, "", ""},
    {"cups encrypt", Type::boolean, false, "", ""},
    {"cups options", Type::text, true, "", ""},
    {"dcerpc endpoint servers", Type::list, false, "", ""},
    {"deadtime", Type::number, false, "", ""},
    {"debug class", Type::boolean, false, "", ""},
    {"debug encryption", Type::boolean, false, "", ""},
    {"debug hires timestamp", Type::boolean, false, "", ""},
    {"debug pid", Type::boolean, false, "", ""},
    {"debug prefix timestamp", Type::boolean, false, "", ""},
    {"debug syslog format", Type::boolean, false, "", ""},
    {"debug uid", Type::boolean, false, "", ""},
    {"default case", Type::word, true, "", ""},
    {"default devmode", Type::boolean, true, "", ""},
    {"default service", Type::text, false, "default", ""},
    {"defer sharing violations", Type::boolean, false, "", ""},
    {"delete readonly", Type::boolean, true, "", ""},
    {"delete veto files", Type::boolean, true, "", ""},
    {"dfree cache time", Type::number, true, "", ""},
    {"dfree command", Type::text, true, "", ""},
    {"dgram port", Type::number, false, "", ""},
    {"directory mask", Type::octal, true, "directory mode", ""},
    {"directory name cache size", Type::number, true, "", ""},
    {"disable netbios", Type::boolean, false, "", ""},
    {"disable spoolss", Type::boolean, false, "", ""},
    {"dmapi support", Type::boolean, true, "", ""},
    {"dns port", Type::number, false, "", ""},
    {"dns proxy", Type::boolean, false, "", ""},
    {"dns zone scavenging", Type::boolean, false, "", ""},
    {"dns zone transfer clients allow", Type::list, false, "", ""},
    {"dns zone transfer clients deny", Type::list, false, "", ""},
    {"domain logons", Type::boolean, false, "", ""},
    {"domain master", Type::word, false, "", ""},
    {"dont descend", Type::text, true, "", ""},
    {"dos filemode", Type::boolean, true, "", ""},
    {"dos filetime resolution", Type::boolean, true, "", ""},
    {"dos filetimes", Type::boolean, true, "", ""},
    {"dsdb event notification", Type::boolean, false, "", ""},
    {"dsdb group change notification", Type::boolean, false, "", ""},
    {"dsdb password event notification", Type::boolean, false, "", ""},
    {"durable handles", Type::boolean, true, "", ""},
    {"ea support", Type::boolean, true, "", ""},
    {"enable asu support", Type::boolean, false, "", ""},
    {"enable core files", Type::boolean, false, "", ""},
    {"enable privileges", Type::boolean, false, "", ""},
    {"encrypt passwords", Type::boolean, false, "", ""},
    {"enhanced browsing", Type::boolean, false, "", ""},
    {"eventlog list", Type::list, false, "", ""},
    {"fake directory create times", Type::boolean, true, "", ""},
    {"fake oplocks", Type::boolean, true, "", ""},
    {"follow symlinks", Type::boolean, true, "", ""},
    {"force create mode", Type::octal, true, "", ""},
    {"force directory mode", Type::octal, true, "", ""},
    {"force group", Type::text, true, "group", ""},
    {"force printername", Type::boolean, true, "", ""},
    {"force unknown acl user", Type::boolean, true, "", ""},
    {"force user", Type::text, true, "", ""},
    {"fstype", Type::text, true, "", ""},
    {"getwd cache", Type::boolean, false, "", ""},
    {"guest ok", Type::boolean, true, "public", ""},
    {"guest only", Type::boolean, true, "only guest", ""},
    {"hide dot files", Type::boolean, true, "", ""},
    {"hide files", Type::text, true, "", ""},
    {"hide new files timeout", Type::number, true, "", ""},
    {"hide special files", Type::boolean, true, "", ""},
    {"hide unreadable", Type::boolean, true, "", ""},
    {"hide unwriteable files", Type::boolean, true, "", ""},
    {"honor change notify privilege", Type::boolean, true, "", ""},
    {"host msdfs", Type::boolean, false, "", ""},
    {"hostname lookups", Type::boolean, false, "", ""},
    {"hosts allow", Type::list, true, "allow hosts", ""},
    {"hosts deny", Type::list, true, "deny hosts", ""},
    {"idmap cache time", Type::number, false, "", ""},
    {"idmap gid", Type::text, false, "winbind gid", ""},
    {"idmap negative cache time", Type::number, false, "", ""},
    {"idmap uid", Type::text, false, "winbind uid", ""},
    {"include system krb5 conf", Type::boolean, false, "", ""},
    {"inherit acls", Type::boolean, true, "", ""},
    {"inherit owner", Type::word, true, "", ""},
    {"inherit permissions", Type::boolean, true, "", ""},
    {"init logon delay", Type::number, false, "", ""},
    {"init logon delayed hosts", Type::list, false, "", ""},
    {"interfaces", Type::list, false, "", ""},
    {"invalid users", Type::list, true, "", ""},
    {"kdc default domain supported enctypes", Type::number, false, "", ""},
    {"kdc enable fast", Type::boolean, false, "", ""},
    {"kdc force enable rc4 weak session keys", Type::boolean, false, "", ""},
    {"kdc supported enctypes", Type::number, false, "", ""},
    {"keepalive", Type::number, false, "", ""},
    {"kerberos method", Type::word, false, "", ""},
    {"kernel change notify", Type::boolean, false, "", ""},
    {"kernel oplocks", Type::boolean, true, "", ""},
    {"kernel share modes", Type::boolean, true, "", ""},
    {"kpasswd port", Type::number, false, "", ""},
    {"krb5 port", Type::number, false, "", ""},
    {"lanman auth", Type::boolean, false, "", ""},
    {"large readwrite", Type::boolean, false, "", ""},
    {"ldap connection timeout", Type::number, false, "", ""},
    {"ldap debug level", Type::number, false, "", ""},
    {"ldap debug threshold", Type::number, false, "", ""},
    {"ldap delete dn", Type::boolean, false, "", ""},
    {"ldap deref", Type::word, false, "", ""},
    {"ldap follow referral", Type::word, false, "", ""},
    {"ldap max anonymous request size", Type::number, false, "", ""},
    {"ldap max authenticated request size", Type::number, false, "", ""},
    {"ldap max search request size", Type::number, false, "", ""},
    {"ldap page size", Type::number, false, "", ""},
    {"ldap passwd sync", Type::word, false, "", ""},
    {"ldap replication sleep", Type::number, false, "", ""},
    {"ldap server require strong auth", Type::boolean, false, "", ""},
    {"ldap ssl", Type::word, false, "", ""},
    {"ldap timeout", Type::number, false, "", ""},
    {"level2 oplocks", Type::boolean, true, "", ""},
    {"lm announce", Type::word, false, "", ""},
    {"lm interval", Type::number, false, "", ""},
    {"load printers", Type::boolean, false, "", ""},
    {"local master", Type::boolean, false, "", ""},
    {"lock directory", Type::text, false, "lock dir", ""},
    {"lock spin time", Type::number, false, "", ""},
    {"locking", Type::boolean, true, "", ""},
    {"log level", Type::text, false, "debuglevel", ""},
    {"log writeable files on exit", Type::boolean, false, "", ""},
    {"lppause command", Type::text, true, "", ""},
    {"lpq cache time", Type::number, false, "", ""},
    {"lpq command", Type::text, true, "", ""},
    {"lpresume command", Type::text, true, "", ""},
    {"lprm command", Type::text, true, "", ""},
    {"lsa over netlogon", Type::boolean, false, "", ""},
    {"machine password timeout", Type::number, false, "", ""},
    {"magic output", Type::text, true, "", ""},
    {"magic script", Type::text, true, "", ""},
    {"mangle prefix", Type::number, false, "", ""},
    {"mangled names", Type::word, true, "", ""},
    {"mangling char", Type::text, true, "", ""},
    {"mangling method", Type::word, false, "", ""},
    {"map acl inherit", Type::boolean, true, "", ""},
    {"map archive", Type::boolean, true, "", ""},
    {"map hidden", Type::boolean, true, "", ""},
    {"map readonly", Type::word, true, "", ""},
    {"map system", Type::boolean, true, "", ""},
    {"map to guest", Type::word, false, "", ""},
    {"max connections", Type::number, true, "", ""},
    {"max disk size", Type::number, false, "", ""},
    {"max log size", Type::number, false, "", ""},
    {"max mux", Type::number, false, "", ""},
    {"max open files", Type::number, false, "", ""},
    {"max print jobs", Type::number, true, "", ""},
    {"max reported print jobs", Type::number, true, "", ""},
    {"max smbd processes", Type::number, false, "", ""},
    {"max stat cache size", Type::number, false, "", ""},
    {"max ttl", Type::number, false, "", ""},
    {"max wins ttl", Type::number, false, "", ""},
    {"max xmit", Type::number, false, "", ""},
    {"mdns name", Type::word, false, "", ""},
    {"min domain uid", Type::number, false, "", ""},
    {"min print space", Type::number, true, "", ""},
    {"min receivefile size", Type::number, false, "", ""},
    {"min wins ttl", Type::number, false, "", ""},
    {"msdfs proxy", Type::text, true, "", ""},
    {"msdfs root", Type::boolean, true, "", ""},
    {"msdfs shuffle referrals", Type::boolean, true, "", ""},
    {"multicast dns register", Type::boolean, false, "", ""},
    {"name cache timeout", Type::number, false, "", ""},
    {"name resolve order", Type::list, false, "", ""},
    {"nbt port", Type::number, false, "", ""},
    {"netbios aliases", Type::list, false, "", ""},
    {"neutralize nt4 emulation", Type::boolean, false, "", ""},
    {"nmbd bind explicit broadcast", Type::boolean, false, "", ""},
    {"nt acl support", Type::boolean, true, "", ""},
    {"nt hash store", Type::word, false, "", ""},
    {"nt pipe support", Type::boolean, false, "", ""},
    {"nt status support", Type::boolean, false, "", ""},
    {"ntlm auth", Type::word, false, "", ""},
    {"ntvfs handler", Type::text, true, "", ""},
    {"null passwords", Type::boolean, false, "", ""},
    {"obey pam restrictions", Type::boolean, false, "", ""},
    {"old password allowed period", Type::number, false, "", ""},
    {"oplock break wait time", Type::number, false, "", ""},
    {"oplocks", Type::boolean, true, "", ""},
    {"os level", Type::number, false, "", ""},
    {"pam password change", Type::boolean, false, "", ""},
    {"passdb expand explicit", Type::boolean, false, "", ""},
    {"passwd chat debug", Type::boolean, false, "", ""},
    {"passwd chat timeout", Type::number, false, "", ""},
    {"path", Type::path, true, "directory", ""},
    {"posix locking", Type::boolean, true, "", ""},
    {"postexec", Type::text, true, "", ""},
    {"preexec", Type::text, true, "exec", ""},
    {"preexec close", Type::boolean, true, "", ""},
    {"preferred master", Type::word, false, "prefered master", ""},
    {"prefork backoff increment", Type::number, false, "", ""},
    {"prefork children", Type::number, false, "", ""},
    {"prefork maximum backoff", Type::number, false, "", ""},
    {"preload modules", Type::list, false, "", ""},
    {"preserve case", Type::boolean, true, "", ""},
    {"print command", Type::text, true, "", ""},
    {"print notify backchannel", Type::boolean, true, "", ""},
    {"printable", Type::boolean, true, "print ok", ""},
    {"printcap cache time", Type::number, false, "", ""},
    {"printcap name", Type::text, false, "printcap", ""},
    {"printer name", Type::text, true, "printer", ""},
    {"printing", Type::word, true, "", ""},
    {"printjob username", Type::text, true, "", ""},
    {"private dir", Type::text, false, "private directory", ""},
    {"queuepause command", Type::text, true, "", ""},
    {"queueresume command", Type::text, true, "", ""},
    {"raw NTLMv2 auth", Type::boolean, false, "", ""},
    {"read list", Type::list, true, "", ""},
    {"read only", Type::boolean, true, "", "writeable|writable|write ok"},
    {"read raw", Type::boolean, false, "", ""},
    {"registry shares", Type::boolean, false, "", ""},
    {"reject md5 clients", Type::boolean, false, "", ""},
    {"reject md5 servers", Type::boolean, false, "", ""},
    {"require strong key", Type::boolean, false, "", ""},
    {"reset on zero vc", Type::boolean, false, "", ""},
    {"root directory", Type::text, false, "root|root dir", ""},
    {"root postexec", Type::text, true, "", ""},
    {"root preexec", Type::text, true, "", ""},
    {"root preexec close", Type::boolean, true, "", ""},
    {"rpc big endian", Type::boolean, false, "", ""},
    {"rpc server port", Type::number, false, "", ""},
    {"rpc start on demand helpers", Type::boolean, false, "", ""},
    {"security", Type::word, false, "", ""},
    {"server max protocol", Type::protocol, false, "max protocol|protocol", ""},
    {"server min protocol", Type::protocol, false, "min protocol", ""},
    {"server multi channel support", Type::boolean, false, "", ""},
    {"server role", Type::word, false, "", ""},
    {"server schannel", Type::boolean, false, "", ""},
    {"server schannel require seal", Type::boolean, false, "", ""},
    {"server services", Type::list, false, "", ""},
    {"server signing", Type::signing, false, "", ""},
    {"server smb encrypt", Type::signing, true, "smb encrypt", ""},
    {"server smb3 encryption algorithms", Type::list, false, "", ""},
    {"server smb3 signing algorithms", Type::list, false, "", ""},
    {"short preserve case", Type::boolean, true, "", ""},
    {"show add printer wizard", Type::boolean, false, "", ""},
    {"smb ports", Type::list, false, "", ""},
    {"smb1 unix extensions", Type::boolean, false, "unix extensions", ""},
    {"smb2 disable lock sequence checking", Type::boolean, false, "", ""},
    {"smb2 disable oplock break retry", Type::boolean, false, "", ""},
    {"smb2 leases", Type::boolean, false, "", ""},
    {"smb2 max credits", Type::number, false, "", ""},
    {"smb2 max read", Type::number, false, "", ""},
    {"smb2 max trans", Type::number, false, "", ""},
    {"smb2 max write", Type::number, false, "", ""},
    {"smbd async dosmode", Type::boolean, true, "", ""},
    {"smbd force process locks", Type::boolean, true, "", ""},
    {"smbd getinfo ask sharemode", Type::boolean, true, "", ""},
    {"smbd max async dosmode", Type::number, true, "", ""},
    {"smbd max xattr size", Type::number, true, "", ""},
    {"smbd search ask sharemode", Type::boolean, true, "", ""},
    {"spotlight", Type::boolean, true, "", ""},
    {"spotlight backend", Type::word, true, "", ""},
    {"stat cache", Type::boolean, false, "", ""},
    {"state directory", Type::text, false, "state dir", ""},
    {"store dos attributes", Type::boolean, true, "", ""},
    {"strict allocate", Type::boolean, true, "", ""},
    {"strict locking", Type::word, true, "", ""},
    {"strict rename", Type::boolean, true, "", ""},
    {"strict sync", Type::boolean, true, "", ""},
    {"svcctl list", Type::list, false, "", ""},
    {"sync always", Type::boolean, true, "", ""},
    {"syslog only", Type::boolean, false, "", ""},
    {"time server", Type::boolean, false, "", ""},
    {"timestamp logs", Type::boolean, false, "debug timestamp", ""},
    {"tls enabled", Type::boolean, false, "", ""},
    {"tls verify peer", Type::word, false, "", ""},
    {"unicode", Type::boolean, false, "", ""},
    {"unix password sync", Type::boolean, false, "", ""},
    {"use client driver", Type::boolean, true, "", ""},
    {"use mmap", Type::boolean, false, "", ""},
    {"use sendfile", Type::boolean, true, "", ""},
    {"username level", Type::number, false, "", ""},
    {"username map cache time", Type::number, false, "", ""},
    {"usershare allow guests", Type::boolean, false, "", ""},
    {"usershare max shares", Type::number, false, "", ""},
    {"usershare owner only", Type::boolean, false, "", ""},
    {"usershare prefix allow list", Type::list, false, "", ""},
    {"usershare prefix deny list", Type::list, false, "", ""},
    {"utmp", Type::boolean, false, "", ""},
    {"valid users", Type::list, true, "", ""},
    {"veto files", Type::text, true, "", ""},
    {"veto oplock files", Type::text, true, "", ""},
    {"vfs objects", Type::list, true, "vfs object", ""},
    {"volume", Type::text, true, "", ""},
    {"volume serial number", Type::number, true, "", ""},
    {"wide links", Type::boolean, true, "", ""},
    {"winbind cache time", Type::number, false, "", ""},
    {"winbind debug traceid", Type::boolean, false, "", ""},
    {"winbind enum groups", Type::boolean, false, "", ""},
    {"winbind enum users", Type::boolean, false, "", ""},
    {"winbind expand groups", Type::number, false, "", ""},
    {"winbind max clients", Type::number, false, "", ""},
    {"winbind max domain connections", Type::number, false, "", ""},
    {"winbind nested groups", Type::boolean, false, "", ""},
    {"winbind normalize names", Type::boolean, false, "", ""},
    {"winbind offline logon", Type::boolean, false, "", ""},
    {"winbind reconnect delay", Type::number, false, "", ""},
    {"winbind refresh tickets", Type::boolean, false, "", ""},
    {"winbind request timeout", Type::number, false, "", ""},
    {"winbind rpc only", Type::boolean, false, "", ""},
    {"winbind scan trusted domains", Type::boolean, false, "", ""},
    {"winbind sealed pipes", Type::boolean, false, "", ""},
    {"winbind use default domain", Type::boolean, false, "", ""},
    {"winbind use krb5 enterprise principals", Type::boolean, false, "", ""},
    {"wins proxy", Type::boolean, false, "", ""},
    {"wins server", Type::list, false, "", ""},
    {"wins support", Type::boolean, false, "", ""},
    {"write list", Type::list, true, "", ""},
    {"write raw", Type::boolean, false, "", ""},
    {"abort shutdown script", Type::text, false, "", ""},
    {"add group script", Type::text, false, "", ""},
    {"add machine script", Type::text, false, "", ""},
    {"add share command", Type::text, false, "", ""},
    {"add user script", Type::text, false, "", ""},
    {"add user to group script", Type::text, false, "", ""},
    {"addport command", Type::text, false, "", ""},
    {"addprinter command", Type::text, false, "", ""},
    {"afs username map", Type::text, false, "", ""},
    {"binddns dir", Type::text, false, "", ""},
    {"change share command", Type::text, false, "", ""},
    {"check password script", Type::text, false, "", ""},
    {"config backend", Type::text, false, "", ""},
    {"config file", Type::text, false, "", ""},
    {"ctdbd socket", Type::text, false, "", ""},
    {"cups server", Type::text, false, "", ""},
    {"dedicated keytab file", Type::text, false, "", ""},
    {"delete group script", Type::text, false, "", ""},
    {"delete share command", Type::text, false, "", ""},
    {"delete user from group script", Type::text, false, "", ""},
    {"delete user script", Type::text, false, "", ""},
    {"deleteprinter command", Type::text, false, "", ""},
    {"dns forwarder", Type::text, false, "", ""},
    {"dns update command", Type::text, false, "", ""},
    {"dos charset", Type::text, false, "", ""},
    {"enumports command", Type::text, false, "", ""},
    {"get quota command", Type::text, false, "", ""},
    {"gpo update command", Type::text, false, "", ""},
    {"guest account", Type::text, false, "", ""},
    {"idmap backend", Type::text, false, "", ""},
    {"iprint server", Type::text, false, "", ""},
    {"kerberos encryption types", Type::text, false, "", ""},
    {"ldap admin dn", Type::text, false, "", ""},
    {"ldap group suffix", Type::text, false, "", ""},
    {"ldap idmap suffix", Type::text, false, "", ""},
    {"ldap machine suffix", Type::text, false, "", ""},
    {"ldap suffix", Type::text, false, "", ""},
    {"ldap user suffix", Type::text, false, "", ""},
    {"log file", Type::text, false, "", ""},
    {"log nt token command", Type::text, false, "", ""},
    {"logging", Type::text, false, "", ""},
    {"logon drive", Type::text, false, "", ""},
    {"logon home", Type::text, false, "", ""},
    {"logon path", Type::text, false, "", ""},
    {"logon script", Type::text, false, "", ""},
    {"message command", Type::text, false, "", ""},
    {"mit kdc command", Type::text, false, "", ""},
    {"nbt client socket address", Type::text, false, "", ""},
    {"ncalrpc dir", Type::text, false, "", ""},
    {"netbios name", Type::text, false, "", ""},
    {"netbios scope", Type::text, false, "", ""},
    {"nsupdate command", Type::text, false, "", ""},
    {"ntp signd socket directory", Type::text, false, "", ""},
    {"os2 driver map", Type::text, false, "", ""},
    {"panic action", Type::text, false, "", ""},
    {"passdb backend", Type::text, false, "", ""},
    {"passwd chat", Type::text, false, "", ""},
    {"passwd program", Type::text, false, "", ""},
    {"password hash gpg key ids", Type::text, false, "", ""},
    {"password hash userPassword schemes", Type::text, false, "", ""},
    {"password server", Type::text, false, "", ""},
    {"perfcount module", Type::text, false, "", ""},
    {"pid directory", Type::text, false, "", ""},
    {"realm", Type::text, false, "", ""},
    {"remote announce", Type::text, false, "", ""},
    {"remote browse sync", Type::text, false, "", ""},
    {"rename user script", Type::text, false, "", ""},
    {"restrict anonymous", Type::text, false, "", ""},
    {"rpc server dynamic port range", Type::text, false, "", ""},
    {"samba kcc command", Type::text, false, "", ""},
    {"server string", Type::text, false, "", ""},
    {"set primary group script", Type::text, false, "", ""},
    {"set quota command", Type::text, false, "", ""},
    {"shutdown script", Type::text, false, "", ""},
    {"smb passwd file", Type::text, false, "", ""},
    {"smbd profiling level", Type::text, false, "", ""},
    {"socket options", Type::text, false, "", ""},
    {"spn update command", Type::text, false, "", ""},
    {"syslog", Type::text, false, "", ""},
    {"template homedir", Type::text, false, "", ""},
    {"template shell", Type::text, false, "", ""},
    {"tls cafile", Type::text, false, "", ""},
    {"tls certfile", Type::text, false, "", ""},
    {"tls crlfile", Type::text, false, "", ""},
    {"tls dh params file", Type::text, false, "", ""},
    {"tls keyfile", Type::text, false, "", ""},
    {"tls priority", Type::text, false, "", ""},
    {"unix charset", Type::text, false, "", ""},
    {"username map", Type::text, false, "", ""},
    {"username map script", Type::text, false, "", ""},
    {"usershare path", Type::text, false, "", ""},
    {"usershare template share", Type::text, false, "", ""},
    {"utmp directory", Type::text, false, "", ""},
    {"winbind nss info", Type::text, false, "", ""},
    {"winbind separator", Type::text, false, "", ""},
    {"winbindd socket directory", Type::text, false, "", ""},
    {"wins hook", Type::text, false, "", ""},
    {"workgroup", Type::text, false, "", ""},
    {"wtmp directory", Type::text, false, "", ""},
    {"smb3 unix extensions", Type::boolean, true, "", ""},
    {"vfs mkdir use tmp name", Type::word, true, "", ""},
    {"smb3 directory leases", Type::word, false, "", ""},
    {"reject aes netlogon servers", Type::boolean, false, "", ""},
    {"server reject aes schannel", Type::boolean, false, "", ""},
    {"tls trust system cas", Type::boolean, false, "", ""},
    {"dns hostname", Type::text, false, "", ""},
};

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_blank(c)) out += lower(c);
  }
  return out;
}

// Without those at either end, too.
std::string with_single_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_blank(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::map<std::string, SmbParameter> make_table() {
  std::map<std::string, SmbParameter> table;
  for (const Row& row : rows) {
    SmbParameter parameter{squeezed(row.name), std::string(row.name), row.type, row.of_shares, false};
    table.emplace(parameter.key, parameter);
    for (const bool inverted : {false, true}) {
      std::string_view others = inverted ? row.inverted : row.synonyms;
      parameter.inverted = inverted;
      while (!others.empty()) {
        const std::size_t end = std::min(others.find('|'), others.size());
        table.emplace(squeezed(others.substr(0, end)), parameter);
        others.remove_prefix(std::min(end + 1, others.size()));
      }
    }
  }
  return table;
}

// What signing and encryption are called in many ways.
std::string signing(const std::string& word) {
  static const std::map<std::string, std::string> same{
      {"no", "off"},         {"false", "off"},           {"0", "off"},
      {"disabled", "off"},   {"yes", "desired"},         {"true", "desired"},
      {"1", "desired"},      {"on", "desired"},          {"enabled", "desired"},
      {"auto", "desired"},   {"if_required", "desired"}, {"mandatory", "required"},
      {"force", "required"}, {"forced", "required"},     {"enforced", "required"}};
  const auto found = same.find(word);
  return found == same.end() ? word : found->second;
}

std::string protocol(const std::string& word) {
  if (word == "smb2") return "smb2_10";
  if (word == "smb3") return "smb3_11";
  return word;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    // Blanks in an element keep their quotes.
    const bool quoted = word.find_first_of(" \t,;") != std::string::npos;
    out += (out.empty() ? "" : ", ") + (quoted ? "\"" + word + "\"" : word);
  }
  return out;
}

}  // namespace

SmbParameter smb_parameter(std::string_view name) {
  static const std::map<std::string, SmbParameter> table = make_table();
  const std::string key = squeezed(name);
  if (const auto found = table.find(key); found != table.end()) return found->second;
  // `module:option`, and what is newer than the table, may stand anywhere.
  return {key, with_single_blanks(name), Type::text, true, false};
}

std::optional<bool> smb_boolean(std::string_view value) {
  const std::string word = squeezed(value);
  if (word == "yes" || word == "true" || word == "1" || word == "on") return true;
  if (word == "no" || word == "false" || word == "0" || word == "off") return false;
  return std::nullopt;
}

std::vector<std::string> smb_list(std::string_view value) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : value) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (is_blank(c) || c == ',' || c == ';')) {
      if (any) words.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

std::string smb_list_text(const std::vector<std::string>& words) {
  return joined(words);
}

std::string smb_canonical(const SmbParameter& parameter, std::string_view value) {
  // Samba makes each run of blanks one as it reads a line.
  std::string text = with_single_blanks(value);
  switch (parameter.type) {
    case Type::boolean: {
      const auto yes = smb_boolean(text);
      return yes ? (*yes != parameter.inverted ? "yes" : "no") : text;
    }
    case Type::octal: return canonical_mode(text).value_or(text);
    case Type::number: {
      std::string digits = text;
      while (digits.size() > 1 && digits.front() == '0') digits.erase(0, 1);
      return digits;
    }
    case Type::list: return joined(smb_list(text));
    case Type::word: {
      const auto yes = smb_boolean(text);
      return yes ? (*yes ? "yes" : "no") : squeezed(text);
    }
    case Type::protocol: return protocol(squeezed(text));
    case Type::signing: return signing(squeezed(text));
    case Type::path: {
      const std::string plain = text.size() > 1 && text.front() == '"' && text.back() == '"'
                                    ? text.substr(1, text.size() - 2)
                                    : text;
      return canonical_path(plain).value_or(plain);
    }
    case Type::text: break;
  }
  // Options of modules are mostly booleans.
  if (parameter.key.find(':') != std::string::npos) {
    if (const auto yes = smb_boolean(text); yes && text != "0" && text != "1") return *yes ? "yes" : "no";
  }
  return text;
}

}  // namespace hearth
