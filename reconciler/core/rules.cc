#include "reconciler/core/rules.h"

#include <algorithm>

namespace hearth {

const std::vector<Rule>& all_rules() {
  // One block a rule, so that two people who add rules do not meet on one line. Never reuse an id for
  // something else.
  static const std::vector<Rule> rules = {
      // ---- YAML text (manifest/yaml_reader) -------------------------------------------------------------
      {
          "bad-yaml",
          "The text is not well-formed YAML.",
          "What cannot be read cannot be compared with the live system, and guessing at it would change the "
          "wrong thing.",
          "Correct the text at the place named; other documents of the file are read all the same.",
      },
      {
          "not-utf8",
          "The file holds bytes that are not UTF-8.",
          "YAML is UTF-8; another encoding would turn names and passwords into other names and passwords.",
          "Save the file as UTF-8 (`iconv -f latin1 -t utf-8`).",
      },
      {
          "bad-character",
          "The text holds a control character that no manifest needs.",
          "Such characters are invisible in editors and reviews, and end strings early in the tools that "
          "receive them.",
          "Delete the character, or write it as an escape such as \"\\e\" in double quotes.",
      },
      {
          "tab",
          "A tab stands where YAML separates words.",
          "YAML counts indentation in spaces; a tab looks like some of them and counts as none.",
          "Use spaces. Tabs within quoted text and below `|` are content and stay.",
      },
      {
          "too-large",
          "The file or its number of values is beyond what hearth reads.",
          "A cap keeps a wrong file (a log, an image) from taking the memory of the machine.",
          "Split the file: every *.yaml file below the manifests folder is read.",
      },
      {
          "too-deep",
          "Maps and lists are nested deeper than any manifest needs.",
          "Unbounded nesting exhausts the stack of whatever walks the tree.",
          "Look for brackets that are opened and never closed, or for indentation that grows line by line.",
      },
      {
          "too-many-errors",
          "Reading the file was given up after many errors.",
          "After some dozens of errors the cause is a single one, such as a file that is not YAML at all.",
          "Correct the first ones and run again.",
      },
      {
          "duplicate-key",
          "A map names one key twice.",
          "Readers of YAML disagree on which of the two counts; one of them is a mistake.",
          "Keep one of the two.",
      },
      {
          "alias",
          "The text uses an anchor (&name) or an alias (*name).",
          "An alias hides what a resource really says from whoever reads its manifest, and a few of them can "
          "expand to "
          "gigabytes.",
          "Write the value out, or say what several resources share once: `spec` beside `items`.",
      },
      {
          "merge-key",
          "The text uses the merge key `<<`.",
          "It is no part of YAML 1.2, and readers of YAML disagree on what it does.",
          "Write the fields out, or put common ones into `spec` and the others into `items` or `perHost`.",
      },
      {
          "bad-tag",
          "The text uses a tag such as !!str or !vault.",
          "hearth gives no meaning to tags: what one of them intends would be lost silently.",
          "Delete the tag. Quote what must be text; write {secret: NAME} for what must not be seen.",
      },
      {
          "bad-key",
          "A key of a map is not plain text.",
          "Fields and names are text; lists, maps, null and booleans are no names.",
          "Quote the key.",
      },
      {
          "ambiguous-scalar",
          "A word without quotes means one thing in YAML 1.1 and another in YAML 1.2.",
          "`no` is a boolean to one program and text to the next; 0644 is 420 or 644. A manifest must mean "
          "one thing.",
          "Put quotes around it if it is text; write true, false or a plain decimal number if it is not.",
      },
      {
          "bad-number",
          "A number cannot be represented.",
          "Beyond 64 bits a number would silently become another one.",
          "Quote it if it is text such as an identifier; otherwise write a smaller number.",
      },
      {
          "multi-line-scalar",
          "Text without quotes goes on over several lines.",
          "A line indented one space too far silently becomes part of the text of the line above it.",
          "Correct the indentation; for long text use | (keeps line ends) or > (joins lines).",
      },
      {
          "empty-value",
          "A key or a list entry has no value.",
          "YAML reads an empty value as null, and null means \"must be unset\" in a manifest: too much for a "
          "forgotten word.",
          "Write the value. If nothing is meant, say which nothing: null (must be unset), \"\", [] or {}.",
      },

      // ---- Values against their schema (manifest/schema_validator) --------------------------------------
      {
          "unknown-field",
          "The kind has no field of this name.",
          "A misspelt field would be ignored and never take effect.",
          "`hearth explain KIND` lists the fields of a kind.",
      },
      {
          "missing-field",
          "A field that the kind requires is not given.",
          "Without it hearth cannot know which thing is meant, or what it should be.",
          "Add the field; `hearth explain KIND.FIELD` describes it.",
      },
      {
          "wrong-type",
          "A value is of another type than the field takes.",
          "Reading text as a number, or one value as a list, is guessing.",
          "Write the value in the type that the message names. Quotes make text of a number.",
      },
      {
          "bad-value",
          "A value is not one of those that the field takes.",
          "The target would refuse it later, in the middle of an apply.",
          "Use one of the values that the message names.",
      },
      {
          "bad-format",
          "Text does not have the form that the field takes.",
          "The target would refuse it later, or read it as something else.",
          "Write it in the form that the message names; `hearth explain KIND.FIELD` shows examples.",
      },
      {
          "out-of-range",
          "A number is below the least or above the greatest that the field takes.",
          "The target would refuse it later, in the middle of an apply.",
          "Use a number within the range that the message names.",
      },
      {
          "bad-size",
          "Text, a list or a map has fewer or more members than the field takes.",
          "The target would refuse it later, or cut it off.",
          "Use as many as the message names.",
      },
      {
          "duplicate-element",
          "A list that is a set names one element twice.",
          "One of the two is a mistake, or was meant to be another.",
          "Delete one of the two.",
      },
      {
          "bad-combination",
          "Fields that are right by themselves do not go together.",
          "Some fields need or exclude each other; the target could not honour all of them.",
          "Change what the message names; `hearth explain KIND` describes how fields go together.",
      },
      {
          "null-not-allowed",
          "null stands where something must be.",
          "null means \"must be unset\"; what identifies a resource, what is required and entries of lists "
          "cannot be unset.",
          "Give a value, or leave the line out.",
      },
      {
          "read-only-field",
          "A field is declared that hearth only reads.",
          "Some fields say what hearth found on the host: whether a unit runs with its current files, what a "
          "check answered. They are shown and compared, but nobody decides them.",
          "Delete the line; `hearth explain KIND.FIELD` says what the field is for.",
      },
      {
          "plaintext-secret",
          "A password or key is written into a manifest.",
          "Manifests live in git, where a secret stays for ever and is seen by everybody who can read the "
          "repository.",
          "Put it into the file NAME of hearth's secrets (see missing-secret) and write {secret: NAME}. "
          "Consider the one in git as "
          "known: change it.",
      },
      {
          "secret-open-to-others",
          "A file that holds a secret has a mode by which everybody on the host may use it.",
          "Every service on the host, also one that has been broken into, could read it.",
          "End the mode with 0 (0600, 0640) and give owner or group to who has to read it.",
      },
      {
          "missing-secret",
          "A manifest names a secret that is nowhere.",
          "Nothing is contacted before all secrets are there: half of a configuration helps nobody.",
          "The first place that has it counts: the systemd credential NAME, with . for each /; the file NAME "
          "of the "
          "secrets' folder, which nobody but you may read (mode 0600): $HEARTH_SECRETS, else "
          "/etc/hearth/secrets "
          "for root, else ~/.config/hearth/secrets; the variable HEARTH_SECRET_<NAME> (capitals, _ for "
          "everything "
          "that is no letter or digit); secrets/NAME.age beside the manifests, encrypted, which `hearth "
          "secret set "
          "NAME` writes. One line break at the end of a file is left out. See: hearth secret list.",
      },
      {
          "unusable-secret",
          "A secret was found and cannot be used.",
          "What others may read is no secret; what is empty or binary is a mistake where a password belongs. "
          "What is shorter than four bytes cannot be found and hidden in what a tool says.",
          "Do what the message says. A secret that others could read should be changed.",
      },
      {
          "age",
          "The program age could not encrypt or decrypt a secret.",
          "Secrets in the repository are files of age: without it they can be neither read nor written.",
          "Install it (apt-get install age). What reads them is the private key in $HEARTH_AGE_IDENTITY, "
          "else in the "
          "file that hearth.yaml's secrets.identity names, else in /etc/hearth/age.key for root, else in "
          "~/.config/hearth/age.key; what they are encrypted to are hearth.yaml's secrets.recipients.",
      },
      {
          "no-recipients",
          "hearth.yaml does not say who may read the secrets in the repository.",
          "A secret is encrypted to public keys: without one nobody could ever read it.",
          "On each machine that runs hearth: age-keygen -o /etc/hearth/age.key (as root). It prints the "
          "public key. "
          "Write them all into hearth.yaml: secrets: {recipients: [age1…]}.",
      },
      {
          "bad-recipient",
          "One of hearth.yaml's secrets.recipients is no public key.",
          "A private key there would let everybody who has the repository read all secrets.",
          "Write what `age-keygen -y FILE` prints (age1…), or an SSH key's public half (ssh-ed25519 …). A "
          "private "
          "key that was in a repository is known: make a new one and encrypt all secrets anew.",
      },
      {
          "no-secret-given",
          "No secret could be taken from the terminal or from standard input.",
          "An empty secret, or one with a typing error that nobody saw, locks people out later.",
          "Type it twice, or pipe it in: pwgen -s 24 1 | hearth secret set NAME.",
      },
      {
          "shadowed-secret",
          "Two places have a secret of one name, and only the first counts.",
          "Whoever changes the other one wonders why nothing happens.",
          "hearth secret list shows both. Remove the one that is not meant; the order is missing-secret's.",
      },
      {
          "unused-secret",
          "There is a secret that no manifest names.",
          "What nobody needs can only leak. Or its name is misspelt in one of the two places.",
          "Remove it, or correct the name: hearth secret list.",
      },
      {
          "unreadable-here",
          "A secret was encrypted to others than this machine's identity.",
          "That may be meant, on a machine where hearth does not run; elsewhere the next plan would fail.",
          "Let this machine's public key (age-keygen -y FILE) be one of hearth.yaml's secrets.recipients.",
      },
      {
          "bad-secret-name",
          "The name of a secret cannot be the name of a file.",
          "Secrets are looked for as files below one folder, and must not lead out of it.",
          "Letters, digits and . _ - @ + , in parts between slashes; no part begins with a dot.",
      },
      {
          "no-secret-key",
          "The key beside the journal, with which it remembers secrets, cannot be used.",
          "The journal recognises a secret that was changed by a hash that nobody can guess from without "
          "this key.",
          "Make the journal's folder writable for who runs hearth and for nobody else.",
      },
      {
          "secret-not-allowed",
          "{secret: NAME} stands in a field that is not secret.",
          "Only secret fields are kept out of plans, logs and the journal; in another field the content "
          "would be shown.",
          "Write the value itself, or use the field that is meant for the secret.",
      },

      // ---- A set of manifests (manifest/loader, settings) -----------------------------------------------
      {
          "no-manifests",
          "There is no manifests folder to read.",
          "Without manifests nothing is declared, and an empty declaration must never be mistaken for a "
          "wish.",
          "Name the folder with -C DIR (the default is ./manifests), or begin one with a hearth.yaml that "
          "says `format: 1`.",
      },
      {
          "no-settings",
          "The manifests folder has no hearth.yaml.",
          "The file marks the top of a set: with -C pointing one folder too deep, half of what is "
          "declared would look deleted.",
          "Make a hearth.yaml that says `format: 1`, or name the folder that has one with -C DIR.",
      },
      {
          "unreadable-file",
          "A file or folder of the manifests cannot be read.",
          "What it declares is not known, so the set is not whole: it can be compared, but nothing is "
          "deleted on its word.",
          "Correct its owner or mode, or remove it; a link that leads nowhere too.",
      },
      {
          "folder-loop",
          "A symbolic link leads back to a folder that it lies in.",
          "Following it would never end, and would declare everything below it again and again.",
          "Remove the link.",
      },
      {
          "ignored-file",
          "A file ends in .yml and is left out.",
          "Manifests end in .yaml, so that other YAML files can lie beside them; a manifest under the "
          "other name would be missed.",
          "Rename it to .yaml if it is a manifest.",
      },
      {
          "nested-settings",
          "A hearth.yaml lies below the top of the manifests folder.",
          "One set has one hearth.yaml. A second one is a set of its own, or -C names the folder above "
          "the one that is meant.",
          "Remove it, or name its folder with -C DIR.",
      },
      {
          "settings-format",
          "hearth.yaml does not say a format that this hearth reads.",
          "The format says what the words of the manifests mean; to guess would be to apply what nobody "
          "wrote.",
          "Write `format: 1`, or install the hearth that these manifests are written for.",
      },
      {
          "settings-documents",
          "hearth.yaml holds more than one document.",
          "It holds settings only; resources in it would be overlooked by whoever reads the set.",
          "Put resources into other *.yaml files beside it.",
      },

      // ---- Words of a manifest (manifest/manifest, expander) --------------------------------------------
      {
          "unknown-word",
          "A word at the top of a manifest or of hearth.yaml is not one of the engine's.",
          "A misspelt word would be ignored and never take effect: a `protct: true` protects nothing.",
          "Correct the word; fields of the kind belong under `spec`.",
      },
      {
          "missing-kind",
          "A manifest does not say what it declares.",
          "Everything else in it is read by the rules of its kind.",
          "Add `kind: KIND`; `hearth explain` lists the kinds.",
      },
      {
          "unknown-kind",
          "A manifest or a reference names a kind that this installation does not know.",
          "What cannot be understood cannot be kept true.",
          "Correct the word, or install the plugin that brings the kind; `hearth explain` lists the kinds.",
      },
      {
          "name-or-items",
          "A manifest has neither `name` nor `items`, or has both.",
          "A manifest declares one resource by `name` or several by `items`; both at once leaves open "
          "what the `spec` is for.",
          "Write `name: NAME` for one, `items: {NAME: {…}, …}` for several.",
      },
      {
          "bad-name",
          "A name holds characters that names cannot have.",
          "Names stand in addresses (Kind/name@host), on command lines and in reports, and must be told "
          "apart from what is around them.",
          "Use letters, digits and . _ : + - only; what does not fit goes into the field of `spec` that "
          "identifies the thing.",
      },
      {
          "reserved-name",
          "A Node is named \"all\".",
          "`hosts: all` means every Node.",
          "Give the Node another name; its host name can stay what it is, in `spec.hostName`.",
      },
      {
          "empty-items",
          "`items` has no entry.",
          "A manifest that declares nothing is most often one that lost its content, and everything it "
          "declared would be taken for removed.",
          "Add an entry, or remove the document.",
      },
      {
          "missing-hosts",
          "A manifest of a kind that lives on hosts does not say on which.",
          "To assume one, or all, would change machines that nobody named.",
          "Add `hosts: all`, `hosts: NODE`, `hosts: [NODE, …]` or `hosts: {LABEL: VALUE}`.",
      },
      {
          "cluster-scope",
          "`hosts`, `perHost` or ${host.…} stands in a manifest of a kind that belongs to the cluster.",
          "Such a thing exists once, on no host in particular.",
          "Take it away. Where a guest runs is said by a field of its `spec`.",
      },
      {
          "unknown-host",
          "A Node is named that no manifest declares.",
          "hearth reaches only machines that are declared, and a misspelt name would leave one out silently.",
          "Correct the name, or declare the machine with a manifest of kind Node.",
      },
      {
          "empty-selection",
          "`hosts` selects no Node.",
          "A manifest that lands nowhere looks like one that is applied.",
          "Correct the labels (a Node must have all of them), name Nodes, or remove the document.",
      },
      {
          "per-host-outside",
          "`perHost` names a host that `hosts` does not select.",
          "What is written there would never take effect.",
          "Add the host to `hosts`, or take its entry away.",
      },
      {
          "cluster-word",
          "`cluster` stands where it says nothing, or is missing where several Clusters are declared.",
          "With one Cluster nobody has to name it; with several, to choose one would be guessing.",
          "With several Clusters add `cluster: NAME` to what belongs to one of them; else take the word "
          "away.",
      },
      {
          "exclusive-field",
          "`exclusive` names what is no map of this kind.",
          "Only a map can hold entries that nobody declared; a misspelt name would leave them all in place.",
          "Name a map of the kind, or write `exclusive: true` for all of them.",
      },
      {
          "duplicate-name",
          "Two manifests declare one kind and name for one host.",
          "An address means one resource; with two, the later one would win by the accident of its file's "
          "name.",
          "Rename one of the two, or delete it.",
      },

      // ---- What differs from host to host (manifest/host_text) ------------------------------------------
      {
          "unknown-host-field",
          "${host.FIELD} names a field that the Node does not have.",
          "Without a value the text would be cut short, and a command would mean something else.",
          "Correct the name, or declare the field for every Node that the manifest lands on.",
      },
      {
          "host-field-not-scalar",
          "${host.FIELD} names a list, a map or a secret.",
          "Only strings, numbers and booleans have one way to be written into text; secrets must not be.",
          "Name a scalar field, or write the value out.",
      },
      {
          "host-text-form",
          "${host. is not followed by the name of a field and }.",
          "Left as it is, the characters would end up in a file or a command.",
          "Write ${host.FIELD}; write $${host. for the characters themselves.",
      },
      {
          "host-text-place",
          "${host.…} stands in a key or in the name of a secret.",
          "It is replaced in values only: keys and secrets must be plain to whoever reads the manifest.",
          "Write it out for each host with perHost.",
      },

      // ---- Who refers to whom, and who owns what (manifest/references, claims) --------------------------
      {
          "bad-address",
          "`dependsOn` holds what is no address of a resource.",
          "An address that cannot be read names nobody to wait for.",
          "Write KIND/NAME (the same host's, else the cluster's) or KIND/NAME@NODE; things of the cluster "
          "have no @NODE.",
      },
      {
          "unknown-reference",
          "A resource is named that no manifest declares.",
          "What is not declared is not kept true: whoever rests on it would break with it, and unnoticed.",
          "Correct the name, or declare the resource; one that only has to exist can be declared with its "
          "name alone.",
      },
      {
          "own-export",
          "A Mount's source is an NFS export of the very node that it is mounted on.",
          "Such a mount waits for a server that waits for the mount: when the export breaks, processes hang "
          "that no signal "
          "ends (state D), nfsd among them, and only a reboot helps.",
          "Use the exported folder itself. Where another path to it is needed, mount it with `options: "
          "[bind]` and the "
          "folder as `source`.",
      },
      {
          "doubly-held-claim",
          "Two resources declare one real thing.",
          "Each would undo what the other does, for ever, and nobody could tell which of them is right.",
          "Delete one of the two, or correct the field that says which thing is meant.",
      },
      {
          "whole-and-part",
          "One resource keeps a part of what another one declares whole.",
          "A File on /etc/hosts and a HostsEntry beside it would each undo what the other does, at every "
          "apply. "
          "Parts get along with each other: as many of them share a file as one likes.",
          "Delete the one that declares the whole and declare the parts, or put all of it into that one. For "
          "an "
          "AuthorizedKey the file is the one in the home that a declared User says, else the usual one "
          "(/root, /home/NAME): declare the User's `home` where it is another.",
      },
      {
          "impossible-path",
          "A file is declared where none can lie.",
          "/ is a folder, and a file holds no other files: one of the two could never be as declared.",
          "Correct the `path`, or that of the File above it.",
      },
      {
          "dependency-cycle",
          "Resources wait for each other in a circle.",
          "None of them could ever be the first.",
          "Take one of the references or `dependsOn` entries named away.",
      },

      // ---- Schemas themselves (manifest/kind_schema, schema_registry) -----------------------------------
      {
          "bad-schema",
          "A schema of this installation cannot be used.",
          "The schema is the single source of a kind; one that is half understood would validate and diff "
          "wrongly.",
          "This is a fault of the installation, not of a manifest: reinstall hearth, or correct the schema "
          "at the place "
          "named.",
      },
      {
          "bad-json",
          "A text is not well-formed JSON.",
          "What cannot be read completely is not used at all.",
          "Correct the text at the place named, or make the file again with the program that wrote it.",
      },

      // ---- The command line and its files (cli, plan/plan_file, core/atomic_file) ----------------
      {
          "usage",
          "The command line is not one that hearth understands.",
          "A word that is passed over in silence may have been the one that mattered.",
          "`hearth --help` lists the commands, `hearth COMMAND --help` what each of them takes.",
      },
      {
          "output",
          "Standard output could not be written.",
          "Whoever reads the output would take the part that arrived for the whole.",
          "See whether the disk that it goes to is full.",
      },
      {
          "unknown-address",
          "Nothing that is declared or was applied has this address.",
          "A misspelt address would make a command about nothing look like one that found nothing to do.",
          "`hearth graph` shows the addresses. Use Kind/name@host, Kind/name or Kind.",
      },
      {
          "unknown-topic",
          "There is no kind, field or rule of this name to explain.",
          "An explanation of something else would mislead.",
          "`hearth explain` lists the kinds, `hearth explain rules` the rules.",
      },
      {
          "unknown-run",
          "The journal holds no run of this number.",
          "Numbers are never used again: the run was made by another installation, or its journal was set "
          "aside.",
          "`hearth history` lists the runs of this journal.",
      },
      {
          "unknown-node",
          "No manifest declares a Node of this name.",
          "Only what a Node says is known of a machine: its address, its port, its key.",
          "Correct the name, or declare the Node.",
      },
      {
          "bad-allow",
          "The value of --allow is no class of effect.",
          "What is allowed must be said exactly: it decides which services may stop.",
          "Use none, reload, restart, reboot or destroy, and after = the addresses that it is meant for.",
      },
      {
          "no-answer",
          "A question has to be answered, and there is no terminal to ask on.",
          "Silence is no consent: what is asked disturbs services or decides whom to trust.",
          "Run it in a terminal, or say --yes where the answer is known.",
      },
      {
          "undo-armed",
          "A host is about to put a change back that nobody has proven to leave the way in open.",
          "What would be written now is what the host may replace in a moment: two runs would undo each "
          "other's "
          "work, and the second would rest on what the first left half done.",
          "Wait until the time that is named; the host has put itself back by then, or the other run has "
          "proven its "
          "change. Where the host could not put itself back, its journal says why.",
      },
      {
          "many-deletions",
          "More things would be deleted than a person overlooks.",
          "One wrong line in a manifest can take away everything on a host; the number shows that somebody "
          "looked.",
          "Read the plan. When it is right, say the number: --deletions N.",
      },
      {
          "stale-plan",
          "The manifests or the live system moved since the plan was made.",
          "What was looked at and agreed to is no longer what would happen.",
          "Plan again with `hearth plan`, read it, and apply that.",
      },
      {
          "plan-file",
          "A saved plan cannot be written or read.",
          "A plan that is half there would be half carried out.",
          "Check the path, and make the plan with this version of hearth: hearth plan --out FILE.",
      },
      {
          "unwritable-file",
          "A file cannot be written.",
          "It is left as it was rather than half written.",
          "Check the path, its permissions and whether the disk is full.",
      },
      {
          "no-dot",
          "The picture cannot be drawn, because the program dot is not there or failed.",
          "hearth describes the graph; drawing it is the business of graphviz.",
          "Install graphviz, or draw the text of `hearth graph` elsewhere.",
      },
      {
          "process",
          "A program on this machine cannot be started.",
          "hearth asks git, dot and ssh where they do a thing better than it could itself.",
          "Install the program, or see that it is found in PATH.",
      },

      // ---- The journal (journal/) ----------------------------------------------------------------
      {
          "no-journal",
          "The journal cannot be used, and this command needs it.",
          "Nothing is done to a host without a record of it, and drift is told from what was last applied.",
          "Do what the message says of the journal. `hearth plan` works without one.",
      },
      {
          "journal-full",
          "There is no room to write the journal.",
          "hearth does nothing to the world while it cannot write down what it does: after a crash nobody "
          "would know.",
          "Free some space on the disk that holds the journal, and run again.",
      },
      {
          "journal-busy",
          "Another program keeps the journal locked.",
          "Two runs that write at once would record each in the other's place.",
          "Wait until the other hearth has ended; `fuser -v FILE` shows who it is.",
      },
      {
          "journal-damaged",
          "The journal is damaged.",
          "What may be deleted and what drifted is decided from it: a record that lies is worse than none.",
          "Move it aside as the message says. Until resources are applied again, nothing is deleted or "
          "corrected unasked.",
      },
      {
          "journal-newer",
          "The journal was written by a newer hearth.",
          "An older one would overlook what the newer one recorded.",
          "Use the hearth that wrote it, or name another journal with HEARTH_JOURNAL.",
      },
      {
          "journal-foreign",
          "The file named as journal is the database of another program.",
          "Writing into it would damage that program's data.",
          "Name another file with HEARTH_JOURNAL.",
      },
      {
          "journal-exposed",
          "Others than its owner may write to the journal or its folder.",
          "The journal says what may be deleted: whoever writes to it could have hearth delete things.",
          "See who made it so, then take the right away: chmod go-w FILE.",
      },
      {
          "journal-unwritable",
          "The journal cannot be made or written.",
          "Without a record of what is sent, a crash would leave nobody knowing what was done.",
          "Run hearth as the user who owns it, or name another file with HEARTH_JOURNAL.",
      },
      {
          "journal-error",
          "The journal cannot be used for a reason that lies below it.",
          "Without a record of what is sent, a crash would leave nobody knowing what was done.",
          "Look for errors of the disk (dmesg), and report it when there are none.",
      },

      // ---- Reaching hosts (transport/) -----------------------------------------------------------
      {
          "unreachable",
          "A host gave no answer.",
          "What cannot be asked is unknown, never absent: nothing is planned for it, and what depends on it "
          "waits.",
          "See whether it is on and on the network. A Node that may sleep says `power: onDemand`.",
      },
      {
          "host-key-unknown",
          "A host shows a key that nobody has confirmed.",
          "Whoever sits between could show a key of their own and receive every command and secret.",
          "Compare the fingerprint on the host's own console, then: hearth trust NODE.",
      },
      {
          "host-key-changed",
          "A host shows another key than the one that is known of it.",
          "Either the machine was made anew, or something else answers in its place.",
          "Compare the fingerprint on the host's own console; only when it is right, forget the old key as "
          "the message says.",
      },
      {
          "host-key-revoked",
          "A host shows a key that is marked as revoked.",
          "Its owner has withdrawn the key: somebody else may hold it.",
          "Give the host a new key, or find out who answers in its place.",
      },
      {
          "ssh-login",
          "A host refused the login.",
          "Without a login nothing of the host can be seen.",
          "Put a public key into the account's authorized_keys, or name its file in the Node's keys.",
      },
      {
          "ssh-protocol",
          "The conversation with an SSH server failed.",
          "Something else may listen there, or the two share no algorithm.",
          "Try by hand with `ssh -v` what the message names.",
      },
      {
          "proxy-jump",
          "The way over another machine failed.",
          "The host is only reached through it.",
          "Try the same jump by hand with `ssh -J`.",
      },
      {
          "no-shell",
          "A login works, but no shell was started.",
          "hearth speaks to hosts through sh and nothing else.",
          "Check the login shell of the account, and a forced command in its authorized_keys.",
      },
      {
          "become",
          "sudo does not work for the account that hearth logs in with.",
          "Most of what is declared takes root's rights.",
          "Install sudo there and allow it for that account, or connect as root.",
      },
      {
          "become-password",
          "sudo asks for a password.",
          "There is nobody to type it, and hearth keeps none.",
          "Allow the account to run everything without one (NOPASSWD: ALL), or connect as root.",
      },
      {
          "cancelled",
          "What was under way was given up, because the run was stopped.",
          "Whether it happened is not known; the next run looks first.",
          "Run again: what is left is done then.",
      },

      // ---- Provider modules (plugin/) ------------------------------------------------------------
      {
          "plugin-missing",
          "The module of a provider is not installed.",
          "Without it nothing of its kinds can be looked at or changed.",
          "Install hearth completely; HEARTH_PLUGINS names another folder.",
      },
      {
          "plugin-unreadable",
          "A provider's module or its folder cannot be looked at.",
          "Who may change it decides whether it may be run.",
          "Check the permissions of the installation.",
      },
      {
          "plugin-writable",
          "Others could change a provider's module.",
          "A module runs with all rights that hearth has, on every host.",
          "Let it and its folder belong to root, writable by nobody else.",
      },
      {
          "plugin-abi",
          "A provider's module was built for another hearth.",
          "Two builds lay out their data differently: sharing it would corrupt memory.",
          "Install hearth and its providers from the same build.",
      },
      {
          "plugin-broken",
          "A provider's module does not load, or holds no provider.",
          "Half a module cannot be judged.",
          "Install hearth and its providers from the same build.",
      },

      // ---- What a plan refuses (plan/planner) ----------------------------------------------------
      {
          "immutable-field",
          "A field differs that cannot be changed in place.",
          "Changing it would mean destroying the thing and making a new one, and hearth never does that for "
          "a field.",
          "Put the old value back, or remove the thing by hand and let hearth make it anew.",
      },
      {
          "protected",
          "A resource that is protected would be deleted.",
          "`protect: true` was said for things whose loss cannot be made good; it holds over every flag.",
          "Set `protect: false`, apply that, and delete the resource then.",
      },
      {
          "way-in-closed",
          "The change would take away what hearth and its operator come in by.",
          "A new login proves most changes harmless, but not this one: sshd that is not to start any more "
          "still "
          "serves whoever tries now.",
          "Leave it undeclared, or do it by hand at the machine's console.",
      },
      {
          "no-way-there",
          "The provider knows no steps from the live value to the declared one.",
          "A plan that does not reach its end is not begun.",
          "See `hearth explain KIND.FIELD` for what can be changed, and change the rest by hand.",
      },

      // ---- What `hearth exec` refuses (safety/command_rules) --------------------------------------
      {
          "exec-remove-system",
          "The command removes `/`, a folder of the system, or everything where it happens to start.",
          "What is removed is gone on every host that was named, before the mistake is seen on the first.",
          "Name the folder below it that is meant. The list is a net for slips of the finger, not a sandbox. "
          "To do it on purpose: `hearth exec --allow exec-remove-system …`.",
      },
      {
          "exec-wipe-device",
          "The command makes a file system or wipes signatures, partitions or content of a disk.",
          "Names of disks move between boots and differ between hosts: sdb here is another disk than sdb "
          "there.",
          "Look at the disk first (`lsblk -f`), on one host. The list is a net for slips of the finger, not "
          "a sandbox. To do it on purpose: `hearth exec --allow exec-wipe-device …`.",
      },
      {
          "exec-write-device",
          "The command writes to a disk past its file system.",
          "One block in the wrong place makes the file system unreadable.",
          "Write to a file, or name a device that holds no data. The list is a net for slips of the finger, "
          "not a sandbox. To do it on purpose: `hearth exec --allow exec-write-device …`.",
      },
      {
          "exec-power",
          "The command restarts the machine, switches it off, puts it to sleep or takes its services down.",
          "Guests and shares go with it, and several nodes at once lose the cluster its quorum.",
          "Restart one node at a time, after a look at who uses it. The list is a net for slips of the "
          "finger, not a sandbox. To do it on purpose: `hearth exec --allow exec-power …`.",
      },
      {
          "exec-destroy-storage",
          "The command destroys a pool, a data set or an LVM volume.",
          "All that lies on it goes with it, and no undo exists.",
          "Make sure of a backup and of the name (`zfs list`, `lvs`). The list is a net for slips of the "
          "finger, not a sandbox. To do it on purpose: `hearth exec --allow exec-destroy-storage …`.",
      },
      {
          "exec-destroy-guest",
          "The command destroys a guest with its disks.",
          "The same number may be another guest on another node, and its disks are gone at once.",
          "Stop the guest and look whether it has a backup; delete it where its name is shown. The list is a "
          "net for slips of the finger, not a sandbox. To do it on purpose: `hearth exec --allow "
          "exec-destroy-guest …`.",
      },
      {
          "exec-fork-bomb",
          "The command is a function that starts itself twice, for ever.",
          "It takes all processes that the machine can have, until somebody cuts the power.",
          "Leave it out. The list is a net for slips of the finger, not a sandbox. To do it on purpose: "
          "`hearth exec --allow exec-fork-bomb …`.",
      },
      {
          "exec-open-permissions",
          "The command changes the owner or mode of everything below a folder of the system.",
          "sshd, sudo and PAM refuse files that others may write to: nobody gets in any more.",
          "Name the one folder that is meant, or leave out -R. The list is a net for slips of the finger, "
          "not a sandbox. To do it on purpose: `hearth exec --allow exec-open-permissions …`.",
      },
      {
          "exec-stop-access",
          "The command stops a service that people reach the machine through, or that holds the cluster "
          "together.",
          "The connection that the command came over may be the last one.",
          "Restart or reload it instead, or be at the machine's console. The list is a net for slips of the "
          "finger, not a sandbox. To do it on purpose: `hearth exec --allow exec-stop-access …`.",
      },
      {
          "exec-flush-firewall",
          "The command drops all rules of a firewall, or closes it by default.",
          "With a closing policy, no rules means no packets: the way in is gone; without one, everything is "
          "open.",
          "Delete single rules, or change the declared rules and apply them. The list is a net for slips of "
          "the finger, not a sandbox. To do it on purpose: `hearth exec --allow exec-flush-firewall …`.",
      },
      {
          "exec-change-cluster",
          "The command changes who is a member of the cluster, or its corosync.conf.",
          "A mistake there takes the quorum of all nodes at once.",
          "Follow the steps of the Proxmox manual, on one node, with a console at hand. The list is a net "
          "for slips of the finger, not a sandbox. To do it on purpose: `hearth exec --allow "
          "exec-change-cluster …`.",
      },

      // ---- exec and import (cli) ------------------------------------------------------------------
      {
          "unknown-rule",
          "A rule was to be allowed that does not exist.",
          "A misspelt permission permits nothing, and nobody would notice until it matters.",
          "`hearth explain rules` lists them; --allow takes those that begin with exec-.",
      },
      {
          "exec-failed",
          "A command ended with an error on a host.",
          "What failed on one of several hosts is easily missed among the output of the others.",
          "Its output stands above; `hearth history` keeps what was run where.",
      },
      {
          "unreachable-host",
          "A host could not be reached.",
          "Nothing is known of it: it is left out, never taken for empty.",
          "Do what the message says, and run the command again.",
      },
      {
          "not-imported",
          "Something that exists on a host could not be written as a manifest.",
          "A manifest that says something else than the host would change the host at the next apply.",
          "Declare it by hand, or leave it alone: what no manifest names is never touched.",
      },
      {
          "file-exists",
          "A file that should be written exists already and says something else.",
          "What a person wrote is not replaced by what a program found.",
          "Name another folder with --out, or move the file away.",
      },

      // ---- The timer: hearth reconcile, pause, resume (drift/, manifest/checkout_update) ---------------
      {
          "reconcile-running",
          "Another hearth reconcile is at work with the same journal.",
          "Two of them would correct each other's half-done work.",
          "Wait until it ends. The timer never starts a second one by itself.",
      },
      {
          "manifests-broken",
          "The newest commit's manifests cannot be used, and an older commit's were used instead.",
          "A typo must not leave the house unattended, and half of what was declared must never be acted on.",
          "Correct what the other messages say, commit and push. `hearth validate` before a push finds it "
          "early.",
      },
      {
          "git-unreachable",
          "The branch that the checkout follows could not be fetched.",
          "The last commit that is known counts until then. It is an error only once it has lasted for "
          "policy.reconcile.alertAfter (a day).",
          "Fetch by hand, as the user that runs the timer: it says what is missing (the network, a key, a "
          "known "
          "host key, a branch that is gone).",
      },
      {
          "git-dirty",
          "The checkout holds changes below the manifests folder that are not committed.",
          "What somebody is still writing is nobody's decision yet, and an update could overwrite it. The "
          "commit "
          "counts, not the files. It is an error only once it has lasted for policy.reconcile.alertAfter (a "
          "day).",
          "Commit and push, or take the changes back. Better still, edit in a clone of your own.",
      },
      {
          "git-diverged",
          "The checkout has commits that the branch it follows lacks, and the other way round.",
          "hearth only ever moves a checkout forward: which of the two is right is for a person to say. The "
          "checkout's commit counts until then.",
          "Rebase or merge by hand, and push.",
      },
      {
          "git-rewritten",
          "The branch that the checkout follows no longer contains the commit that it was at before.",
          "A forced push takes back what was reviewed and applied, and may be an accident or worse. The "
          "checkout's "
          "commit counts until a person has looked.",
          "If the new history is right, move the checkout there by hand, as the message says.",
      },
      {
          "git-config",
          "The repository's own configuration names a program that git would run.",
          "hearth runs as root from a timer; a file in a checkout must not decide what is run then. Hooks "
          "are "
          "left out without a word.",
          "Say it in the configuration of the user that runs the timer (git config --global), or in "
          "~/.ssh/config.",
      },
      {
          "git-owner",
          "The repository around the manifests belongs to somebody who owns neither them nor hearth's "
          "process.",
          "Who owns the repository decides which commit the manifests are of.",
          "Give repository and manifests one owner.",
      },
      {
          "git-failed",
          "git could not do what the checkout needs.",
          "What lies in the checkout counts only when it is known which commit it is.",
          "Try the command that the message names by hand.",
      },
      {
          "bad-span",
          "What should be a span of time is none.",
          "A pause that lasts longer or shorter than was meant is worse than none.",
          "Write a number with its unit: 45m, 2h, 1d, 1h30m.",
      },
      {
          "no-room",
          "A folder for the manifests of a commit could not be made beside the journal.",
          "The commit's files are needed where the checkout's own cannot be used.",
          "Free some space there, or make the folder of the journal writable for the user that runs hearth.",
      },
  };
  return rules;
}

const Rule* find_rule(std::string_view id) {
  const auto& rules = all_rules();
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

}  // namespace hearth
