// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sandbar/guest/accounts.h"
#include "sandbar/guest/ending_text.h"
#include "sandbar/guest/entry.h"
#include "sandbar/guest/file_conditions.h"
#include "sandbar/guest/init_request.h"
#include "sandbar/guest/memory_guard.h"
#include "sandbar/guest/options.h"
#include "sandbar/guest/paths.h"
#include "sandbar/guest/session.h"
#include "sandbar/guest/signature.h"
#include "sandbar/guest/test_folder.h"
#include "sandbar/guest/tree.h"
#include "sandbar/guest/watcher.h"

using namespace sandbar;
using namespace sandbar::guest;
using namespace std::chrono_literals;

namespace {

const User kOwner{.name = "me", .uid = getuid(), .gid = getgid(), .home = "/home/me"};

Session session_with_users(const TestFolder& folder) {
  folder.write(
      "passwd",
      "root:x:0:0:root:/root:/bin/bash\nbroken line\nann:x:1001:1001::/home/ann:/bin/sh\nbad:x:x:1:::\n");
  folder.write("group", "root:x:0:\nann:x:1001:\nmakers:x:2000:bob,ann\nothers:x:2001:bob\n");
  Session session;
  session.accounts = Accounts(folder.path());
  return session;
}

std::vector<std::string> event_names(const std::vector<Watcher::Event>& events) {
  std::vector<std::string> out;
  for (const auto& event : events)
    out.push_back(filesystem::EventType_Name(event.type()).substr(std::string_view("EVENT_TYPE_").size()) +
                  " " + event.name());
  return out;
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

}  // namespace

TEST_CASE("thrashing is memory at its bound with next to no files in it, which are read again and again") {
  constexpr std::uint64_t kBound = 400 << 20;
  auto use = [](std::uint64_t mib, std::uint64_t file_mib, int faults, std::uint64_t tmpfs_mib = 0) {
    return parse_memory_use(
        fmt::format("{}\n", mib << 20),
        fmt::format("anon 1\nfile {}\nshmem {}\nfile_mapped 7\nworkingset_refault_file 9\npgmajfault {}\n",
                    (file_mib + tmpfs_mib) << 20, tmpfs_mib << 20, faults));
  };
  auto thrashes = [](const MemoryUse& before, const MemoryUse& now) {
    return is_thrashing(before, now, kBound);
  };
  CHECK(thrashes(use(399, 1, 100), use(399, 1, 300)));
  CHECK(thrashes(use(399, 1, 100, 50), use(399, 1, 300, 50)));
  CHECK(!thrashes(use(399, 1, 100), use(399, 1, 105)));      // full, and at rest
  CHECK(!thrashes(use(399, 9, 100), use(399, 9, 300)));      // short of memory, and still working
  CHECK(!thrashes(use(399, 300, 100), use(399, 300, 900)));  // large files, mapped and read
  CHECK(!thrashes(use(200, 1, 100), use(200, 1, 300)));      // programs start
  CHECK(!thrashes(use(399, 1, 100), parse_memory_use("", "")));
}

TEST_CASE("paths become absolute and clean, below the home unless absolute") {
  auto at = [](std::string_view path, std::string_view workdir = "") {
    return *resolve_path(path, "/home/me", workdir);
  };
  CHECK(at("") == "/home/me");
  CHECK(at("", "/work") == "/work");
  CHECK(at("~") == "/home/me");
  CHECK(at("~/x") == "/home/me/x");
  CHECK(at("~x") == "/home/me/~x");
  CHECK(at("a/../b//c/.", "/work") == "/home/me/b/c");
  CHECK(at("/../../etc/") == "/etc");
  CHECK(at("/") == "/");
  CHECK(!resolve_path(std::string_view("a\0b", 3), "/", ""));
  CHECK(!resolve_path(std::string(5000, 'a'), "/", ""));
  CHECK(parent_of("/a/b") == "/a");
  CHECK(parent_of("/a") == "/");
  CHECK(base_name_of("/a/b") == "b");
  CHECK(base_name_of("/") == "/");
}

TEST_CASE("users and their groups are read from the files, and again after a change") {
  TestFolder folder;
  auto session = session_with_users(folder);
  auto ann = session.user("ann");
  REQUIRE(ann);
  CHECK(ann->uid == 1001);
  CHECK(ann->home == "/home/ann");
  CHECK(ann->groups == std::vector<gid_t>{1001, 2000});
  CHECK(session.user("bob").error().code == Errc::unauthorized);
  CHECK(session.user("bob").error().message == "invalid username: 'bob'");
  CHECK(!session.user("bad"));
  CHECK(session.accounts.user_name(4242) == "4242");
  CHECK(session.accounts.group_name(2001) == "others");
  folder.write("passwd", "bob:x:1002:1002::/home/bob:/bin/sh\n");
  CHECK(session.user("bob"));
  CHECK(!session.user("ann"));
}

TEST_CASE("the requesting user comes from Basic credentials, else the default one") {
  TestFolder folder;
  auto session = session_with_users(folder);
  session.default_user = "root";
  http::RequestHead request{"POST", "/", {}};
  CHECK(session.user_of(request)->name == "root");
  request.headers.set("Authorization", "Basic YW5uOg==");  // "ann:"
  CHECK(session.user_of(request)->name == "ann");
  request.headers.set("Authorization", "Basic bm9ib2R5Og==");
  CHECK(session.user_of(request).error().message == "invalid username: 'nobody'");
  request.headers.set("Authorization", "Bearer x");
  CHECK(session.user_of(request)->name == "root");
}

TEST_CASE("a command's environment: the request wins over the sandbox, which wins over the user") {
  Session session;
  session.env = {{"A", "sandbox"}, {"HOME", "/elsewhere"}};
  auto env = session.environment(kOwner, {{"A", "request"}});
  CHECK(contains(env, "A=request"));
  CHECK(contains(env, "HOME=/elsewhere"));
  CHECK(contains(env, "USER=me"));
  CHECK(contains(env, "LOGNAME=me"));
  CHECK(contains(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
  CHECK(env.size() == 5);
}

TEST_CASE("the signature is the one that clients compute") {
  Secret token("0tQG31xiMp0IOQfaz9dcwi72L1CPo8e0");
  CHECK(sign({"hello.txt", "read", "user", {}}, token) == "v1_gUtH/s9YCJWgCizjfUxuWfhFE4QSydOWEIIvfLwDr6E");
}

TEST_CASE("files open with the token or with a signature that is right and fresh") {
  Session session;
  auto now = std::chrono::system_clock::from_time_t(1000);
  auto check = [&](const http::RequestHead& request, std::string_view operation = "read") {
    auto checked = check_file_access(session, request, operation, now);
    return checked ? "" : checked.error().message;
  };
  http::RequestHead plain{"GET", "/files?path=a", {}};
  CHECK(check(plain) == "");
  session.access_token = Secret("t0ken");
  CHECK(check(plain) == "missing signature query parameter");
  CHECK(check({"GET", "/files?path=a", {{"X-Access-Token", "t0ken"}}}) == "");
  CHECK(check({"GET", "/files?path=a", {{"X-Access-Token", "other"}}}) ==
        "access token present in header but does not match");

  auto url = [&](std::string_view path, std::optional<std::int64_t> expires) {
    auto signature = percent_encode(sign({"a", "read", "", expires}, session.access_token));
    auto query = fmt::format("/files?path={}&signature={}", path, signature);
    return http::RequestHead{
        "GET", expires ? fmt::format("{}&signature_expiration={}", query, *expires) : query, {}};
  };
  CHECK(check(url("a", {})) == "");
  CHECK(check(url("a", 1000)) == "");
  CHECK(check(url("a", 999)) == "signature is already expired");
  CHECK(check(url("b", {})) == "invalid signature");
  CHECK(check(url("a", {}), "write") == "invalid signature");
}

TEST_CASE("init is accepted once, then only from who knows the token or is the host") {
  Session session;
  auto init = [&](const char* token, Caller caller) {
    InitRequest request;
    request.accessToken = token;
    return apply_init(session, std::move(request), caller).has_value();
  };
  CHECK(init("one", Caller::anybody));
  CHECK(init("one", Caller::anybody));
  CHECK(!init("two", Caller::anybody));
  CHECK(session.access_token.reveal() == "one");
  CHECK(init("two", Caller::host));
  CHECK(session.access_token.reveal() == "two");
}

TEST_CASE("init tells commands who they are, and refuses what cannot be an environment") {
  Session session;
  auto request = json::decode_text<InitRequest>(
      R"({"envVars":{"K":"v"},"sandboxId":"sb-0b6f0b6f-0b6f-4b6f-8b6f-0b6f0b6f0b6f","templateId":"t1","volumeMounts":[],"defaultUser":"u"})");
  REQUIRE(request);
  CHECK(apply_init(session, *request, Caller::anybody));
  CHECK(session.env["SANDBAR_SANDBOX_ID"] == "sb-0b6f0b6f-0b6f-4b6f-8b6f-0b6f0b6f0b6f");
  CHECK(session.env["E2B_SANDBOX_ID"] == "0b6f0b6f0b6f4b6f8b6f0b6f0b6f0b6f");
  CHECK(session.env["SANDBAR_TEMPLATE_ID"] == "t1");
  CHECK(session.env["K"] == "v");
  CHECK(session.default_user == "u");
  InitRequest bad;
  bad.envVars.emplace()["A=B"] = "x";
  CHECK(!apply_init(session, bad, Caller::anybody));
}

TEST_CASE("permissions are written with all their bits") {
  CHECK(permissions_text(S_IFREG | 0644) == "-rw-r--r--");
  CHECK(permissions_text(S_IFDIR | 0755) == "drwxr-xr-x");
  CHECK(permissions_text(S_IFLNK | 0777) == "Lrwxrwxrwx");
  CHECK(permissions_text(S_IFDIR | S_ISVTX | 0777) == "dtrwxrwxrwx");
  CHECK(permissions_text(S_IFCHR | 0666) == "Dcrw-rw-rw-");
  CHECK(permissions_text(S_IFREG | S_ISUID | 0755) == "urwxr-xr-x");
  CHECK(permissions_text(S_IFIFO | 0600) == "prw-------");
}

TEST_CASE("a link is described by its own size and its target's type") {
  TestFolder folder;
  Accounts accounts;
  folder.write("dir/file", "12345");
  std::filesystem::create_symlink("dir/file", folder / "link");
  std::filesystem::create_symlink("gone", folder / "broken");
  auto link = describe(folder / "link", accounts);
  CHECK(link->type() == filesystem::FILE_TYPE_FILE);
  CHECK(link->symlink_target() == folder / "dir/file");
  CHECK(link->permissions() == "Lrwxrwxrwx");
  CHECK(link->mode() == 0644);
  auto broken = describe(folder / "broken", accounts);
  CHECK(broken->type() == filesystem::FILE_TYPE_UNSPECIFIED);
  CHECK(broken->symlink_target() == folder / "gone");
  CHECK(describe(folder / "nothing", accounts).error().code == Errc::not_found);
}

TEST_CASE("names that are not UTF-8 are made so") {
  TestFolder folder;
  folder.write("bad\xff", "");
  auto entries = list_tree(folder.path(), 1, Accounts());
  REQUIRE(entries->size() == 1);
  CHECK(entries->front().name() == "bad\xEF\xBF\xBD");
}

TEST_CASE("metadata is replaced as a whole") {
  TestFolder folder;
  folder.write("file", "");
  proc::Fd file(open((folder / "file").c_str(), O_RDWR));
  auto first = replace_metadata(file.get(), {{"a", "1"}, {"b", "2"}});
  if (!first && first.error().message == "this filesystem cannot keep metadata") return;
  CHECK(read_metadata(folder / "file") == Metadata{{"a", "1"}, {"b", "2"}});
  CHECK(replace_metadata(file.get(), {{"b", "3"}}));
  CHECK(read_metadata(folder / "file") == Metadata{{"b", "3"}});
}

TEST_CASE("a tree is listed in order, to its depth, under the path asked for, and links are not entered") {
  TestFolder folder;
  for (auto name : {"b/y/z", "b/x", "a"}) folder.write(name, "");
  std::filesystem::create_symlink("b", folder / "c");
  std::filesystem::create_symlink(".", folder / "b/loop");
  auto paths = [&](const std::string& root, unsigned depth) {
    std::vector<std::string> out;
    auto listed = list_tree(root, depth, Accounts());
    if (!listed) return std::vector{std::string(info_of(listed.error().code).name)};
    for (const auto& entry : *listed) out.push_back(entry.path().substr(folder.path().size()));
    return out;
  };
  CHECK(paths(folder.path(), 0) == std::vector<std::string>{"/a", "/b", "/c"});
  CHECK(paths(folder.path(), 2) == std::vector<std::string>{"/a", "/b", "/b/loop", "/b/x", "/b/y", "/c"});
  CHECK(paths(folder / "c", 9) == std::vector<std::string>{"/c/loop", "/c/x", "/c/y", "/c/y/z"});
  CHECK(paths(folder / "a", 1) == std::vector<std::string>{"invalid_request"});
  CHECK(paths(folder / "none", 1) == std::vector<std::string>{"not_found"});
  std::filesystem::create_symlink("self", folder / "self");
  CHECK(paths(folder / "self", 1) == std::vector<std::string>{"invalid_state"});
}

TEST_CASE("directories are made with their parents, once") {
  TestFolder folder;
  CHECK(make_directory(folder / "a/b/c", kOwner));
  CHECK(make_directory(folder / "a/b/c", kOwner).error().code == Errc::already_exists);
  folder.write("file", "");
  CHECK(make_directory(folder / "file", kOwner).error().code == Errc::invalid_request);
  CHECK(make_directory(folder / "file/x", kOwner).error().code == Errc::invalid_request);
}

TEST_CASE("moving makes the destination's parents, and removing is content with nothing") {
  TestFolder folder;
  folder.write("from/file", "x");
  CHECK(move_path(folder / "from", folder / "to/there", kOwner));
  CHECK(std::filesystem::exists(folder / "to/there/file"));
  CHECK(move_path(folder / "from", folder / "x", kOwner).error().code == Errc::not_found);
  CHECK(remove_tree(folder / "to"));
  CHECK(remove_tree(folder / "to"));
  CHECK(!std::filesystem::exists(folder / "to"));
  CHECK(remove_tree("/").error().code == Errc::invalid_request);
}

TEST_CASE("a watcher reports what happened since it was asked last") {
  TestFolder folder;
  Accounts accounts;
  folder.write("old", "");
  auto watcher = Watcher::create({.path = folder.path(), .include_entry = true});
  REQUIRE(watcher);
  folder.write("old", "1");
  folder.write("new", "1");
  std::filesystem::rename(folder / "old", folder / "young");
  std::filesystem::remove(folder / "new");
  auto events = watcher->drain(accounts, 100);
  auto names = event_names(events);
  CHECK(contains(names, "WRITE old"));
  CHECK(contains(names, "CREATE new"));
  CHECK(contains(names, "RENAME old"));
  CHECK(contains(names, "CREATE young"));
  CHECK(contains(names, "REMOVE new"));
  auto young = std::ranges::find(events, "young", &Watcher::Event::name);
  CHECK(young->entry().path() == folder / "young");
  CHECK(watcher->drain(accounts, 100).empty());
}

TEST_CASE("a recursive watcher knows directories that came later, and what was already in them") {
  TestFolder folder;
  Accounts accounts;
  auto flat = Watcher::create({.path = folder.path()});
  auto deep = Watcher::create({.path = folder.path(), .recursive = true});
  folder.write("a/b/first", "1");
  auto names = event_names(deep->drain(accounts, 100));
  CHECK(contains(names, "CREATE a"));
  CHECK(contains(names, "CREATE a/b"));
  CHECK(contains(names, "WRITE a/b/first"));
  folder.write("a/b/second", "2");
  CHECK(contains(event_names(deep->drain(accounts, 100)), "WRITE a/b/second"));
  CHECK(event_names(flat->drain(accounts, 100)) == std::vector<std::string>{"CREATE a"});
}

TEST_CASE("a directory that moves is watched under its new name, and no longer once it has left") {
  TestFolder folder, elsewhere;
  Accounts accounts;
  folder.write("a/b/file", "");
  auto watcher = Watcher::create({.path = folder.path(), .recursive = true});
  std::filesystem::rename(folder / "a", folder / "moved");
  watcher->drain(accounts, 100);
  folder.write("moved/b/file", "1");
  CHECK(contains(event_names(watcher->drain(accounts, 100)), "WRITE moved/b/file"));
  std::filesystem::rename(folder / "moved", elsewhere / "out");
  CHECK(event_names(watcher->drain(accounts, 100)) == std::vector<std::string>{"RENAME moved"});
  elsewhere.write("out/b/file", "2");
  CHECK(watcher->drain(accounts, 100).empty());
}

TEST_CASE("only directories can be watched") {
  TestFolder folder;
  folder.write("file", "");
  CHECK(Watcher::create({.path = folder / "file"}).error().code == Errc::invalid_request);
  CHECK(Watcher::create({.path = folder / "none"}).error().code == Errc::not_found);
}

TEST_CASE("endings are told in the words that clients know") {
  CHECK(ending_text({3, 0}) == "exit status 3");
  CHECK(ending_text({-1, 9}) == "signal: killed");
  CHECK(ending_text({-1, 15}) == "signal: terminated");
  CHECK(ending_text({-1, 40}) == "signal: signal 40");
}

TEST_CASE("ranges and conditions are answered as HTTP says") {
  FileFacts file{"\"tag\"", 1'000'000'000, 100};
  auto answer = [&](http::Headers headers) { return answer_for(headers, file); };
  const FileAnswer whole{200, {0, 100}};
  CHECK(answer({}) == whole);
  CHECK(answer({{"Range", "bytes=10-19"}}) == FileAnswer{206, {10, 10}});
  CHECK(answer({{"Range", "bytes=90-"}}) == FileAnswer{206, {90, 10}});
  CHECK(answer({{"Range", "bytes=90-1000"}}) == FileAnswer{206, {90, 10}});
  CHECK(answer({{"Range", "bytes=-7"}}) == FileAnswer{206, {93, 7}});
  CHECK(answer({{"Range", "bytes=-700"}}) == FileAnswer{206, {0, 100}});
  CHECK(answer({{"Range", "bytes=100-"}}).status == 416);
  CHECK(answer({{"Range", "bytes=-0"}}).status == 416);
  for (auto odd : {"bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5", "bytes=", "bytes=-", "bytes=--1",
                   "bytes=1-99999999999999999999"})
    CHECK_MESSAGE((answer({{"Range", odd}}) == whole), odd);
  CHECK(answer({{"Range", "bytes=0-0"}, {"If-Range", "\"other\""}}).status == 200);
  CHECK(answer({{"Range", "bytes=0-0"}, {"If-Range", "\"tag\""}}).status == 206);
  CHECK(answer({{"If-None-Match", "\"x\", W/\"tag\""}}).status == 304);
  CHECK(answer({{"If-None-Match", "\"x\""}, {"If-Modified-Since", http_date(file.modified)}}).status == 200);
  CHECK(answer({{"If-Modified-Since", "Sun, 09 Sep 2001 01:46:40 GMT"}}).status == 304);
  CHECK(answer({{"If-Match", "\"x\""}}).status == 412);
  CHECK(answer({{"If-Unmodified-Since", "Sun, 09 Sep 2001 01:46:39 GMT"}}).status == 412);
  CHECK(answer({{"If-Modified-Since", "yesterday"}}).status == 200);
}

TEST_CASE("files go out as they are unless the client wants it otherwise") {
  auto encoding = [](const char* accept) { return encoding_for({{"Accept-Encoding", accept}}); };
  CHECK(encoding_for({}) == Encoding::identity);
  CHECK(encoding("gzip, deflate") == Encoding::identity);
  CHECK(encoding("gzip, identity;q=0") == Encoding::gzip);
  CHECK(encoding("gzip;q=1, identity;q=0.5") == Encoding::gzip);
  CHECK(encoding("gzip;q=0.3, *;q=0") == Encoding::gzip);
  CHECK(encoding("br, identity;q=0") == Encoding::none);
  CHECK(encoding("*;q=0") == Encoding::none);
}

TEST_CASE("options say what is wrong with them") {
  auto parse = [](std::vector<std::string> arguments) { return parse_options(arguments, false); };
  CHECK(parse({"--plain", "--listen", "unix:/x", "--listen=tcp:127.0.0.1:1"})->listen ==
        std::vector<std::string>{"unix:/x", "127.0.0.1:1"});
  CHECK(parse({"--help"})->print.find("--root DIR") != std::string::npos);
  CHECK(parse({"--plain", "--token", "x", "--print-config"})->print.find("token=***") != std::string::npos);
  CHECK(!parse({"--plane"}));
  CHECK(!parse({"--plain", "--listen"}));
  CHECK(!parse({"--plain", "--root", "relative"}));
  CHECK(!parse({}));
  CHECK(parse_options({"--plain"}, true)->plain);
  CHECK(!parse_options({"console=ttyS0"}, true)->plain);
  CHECK(parse_options({}, true)->listen == std::vector<std::string>{"0.0.0.0:49983"});
}

TEST_CASE(
    "a command starts in a cgroup without processes, and in the one chosen longest ago where all have some") {
  TestFolder folder;
  CommandCgroups cgroups;
  CHECK(cgroups.choose() == -1);
  CHECK_FALSE(cgroups.add(folder / "none"));
  auto populate = [&](const char* name, bool is_populated) {
    folder.write(std::string(name) + "/cgroup.events",
                 is_populated ? "populated 1\nfrozen 0\n" : "populated 0\nfrozen 0\n");
  };
  for (auto name : {"a", "b", "c"}) {
    populate(name, false);
    REQUIRE(cgroups.add(folder / name));
  }
  auto chosen = [&] {
    return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", cgroups.choose()))
        .filename()
        .string();
  };
  CHECK(chosen() == "a");
  populate("a", true), populate("c", true);
  CHECK(chosen() == "b");
  CHECK(chosen() == "b");
  populate("b", true);
  CHECK(chosen() == "c");
  CHECK(chosen() == "a");
  CHECK(chosen() == "b");
  populate("c", false), populate("a", false);
  CHECK(chosen() == "c");
}
