// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "sandbar/agent/templates/catalogue.h"
#include "sandbar/agent/templates/cpio.h"
#include "sandbar/agent/templates/definition.h"
#include "sandbar/agent/templates/kernel_image.h"
#include "sandbar/base/random.h"

namespace sandbar::agent {
namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("sandbar-test-" + random_hex(6));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  void put(const std::string& name, std::string_view text) const { std::ofstream(path / name) << text; }
};

Result<Definition> parse(std::string_view text) { return parse_definition(text, {}); }

std::string refusal(std::string_view text) {
  auto parsed = parse(text);
  return parsed ? "accepted" : parsed.error().message;
}

void put_number(std::string& image, std::size_t at, std::uint32_t number) {
  for (int i = 0; i < 4; ++i) image[at + static_cast<std::size_t>(i)] = static_cast<char>(number >> (8 * i));
}

// One setup sector, then the payload 64 bytes into the protected-mode part.
std::string bz_image(std::string_view payload) {
  std::string image(2 * 512 + 64, '\0');
  image[0x1f1] = 1;
  image.replace(0x202, 4, "HdrS");
  image[0x206] = 0x0f;
  image[0x207] = 0x02;
  put_number(image, 0x248, 64);
  put_number(image, 0x24c, static_cast<std::uint32_t>(payload.size()));
  return image.append(payload);
}

TEST_CASE("a definition sets what it names and keeps the order of its steps") {
  auto parsed = parse(
      "# a comment\nname demo\npackage git curl\npackage curl=7.88.1-10\nfile /etc/motd 0600\n  | hello\n  | "
      "  there\n"
      "run echo one\nrun\n  | echo two\n  | echo three\nenv A=b=c d\nuser user\nworkdir /srv\nvcpus "
      "2\nmemory 1GiB\n"
      "disk 2048MiB\nnetwork on\nstart sleep 1\n");
  REQUIRE(parsed);
  CHECK(parsed->name == "demo");
  CHECK(parsed->packages == std::vector<std::string>{"git", "curl", "curl=7.88.1-10"});
  REQUIRE(parsed->steps.size() == 3);
  CHECK(std::get<FileStep>(parsed->steps[0]).content == "hello\n  there\n");
  CHECK(std::get<FileStep>(parsed->steps[0]).mode == 0600);
  CHECK(std::get<RunStep>(parsed->steps[2]).script == "echo two\necho three\n");
  CHECK(parsed->env.at("A") == "b=c d");
  CHECK(parsed->vcpus == 2);
  CHECK(parsed->memory_mib == 1024);
  CHECK(parsed->disk_mib == 2048);
  CHECK(parsed->network);
  CHECK(parsed->start == "sleep 1");
}

TEST_CASE("a definition that is wrong is refused with its line") {
  CHECK(refusal("") == "definition: 'name' is missing");
  CHECK(refusal("name x\nfrob y") == "definition line 2: 'frob' is not known");
  CHECK(refusal("name x\nname y") == "definition line 2: 'name' is given twice");
  CHECK(refusal("name ../x").starts_with("definition line 1: "));
  CHECK(refusal("name x\npackage a;b").starts_with("definition line 2: 'a;b'"));
  CHECK(refusal("name x\npackage -ofoo").starts_with("definition line 2: "));
  CHECK(refusal("name x\nfile etc/x\n|a").starts_with("definition line 2: the path"));
  CHECK(refusal("name x\nfile /etc/../x\n|a").starts_with("definition line 2: the path"));
  CHECK(refusal("name x\nfile /x 0999\n|a").starts_with("definition line 2: '0999'"));
  CHECK(refusal("name x\nfile /x").starts_with("definition line 2: a file takes its content"));
  CHECK(refusal("name x\nfile /x < ../../etc/shadow").starts_with("definition line 2: '../../etc/shadow'"));
  CHECK(refusal("name x\nrun").starts_with("definition line 2: 'run' needs"));
  CHECK(refusal("name x\nrun a\n| b").starts_with("definition line 2: a command is given"));
  CHECK(refusal("| a\nname x").starts_with("definition line 1: a line with |"));
  CHECK(refusal("name x\nvcpus 0").starts_with("definition line 2: vcpus must be"));
  CHECK(refusal("name x\nmemory 64MiB").starts_with("definition line 2: memory must be"));
  CHECK(refusal("name x\nmemory 99999999999999999999").starts_with("definition line 2: memory must be"));
  CHECK(refusal("name x\nenv 1A=b").starts_with("definition line 2: write env"));
  CHECK(refusal("name x\nuser Root;").starts_with("definition line 2: "));
  CHECK(refusal("name x\xff").contains("UTF-8"));
  CHECK(refusal(std::string(300'000, '#')).contains("256 KiB"));
}

TEST_CASE("an included definition comes first, and its values can be overridden") {
  Folder folder;
  folder.put("base.template", "name base\npackage git\nmemory 512MiB\nuser user\n");
  auto parsed = parse_definition("include base.template\nname mine\nmemory 1GiB\n", {{folder.path}});
  REQUIRE(parsed);
  CHECK(parsed->name == "mine");
  CHECK(parsed->memory_mib == 1024);
  CHECK(parsed->user == "user");
  CHECK(parsed->packages == std::vector<std::string>{"git"});
}

TEST_CASE("includes that never end are refused") {
  Folder folder;
  folder.put("a.template", "include a.template\n");
  auto parsed = parse_definition("include a.template\nname x\n", {{folder.path}});
  REQUIRE(!parsed);
  CHECK(parsed.error().message == "a.template line 1: includes are nested too deeply");
}

TEST_CASE("a file beside the definition is taken as it is, and a link out of the folder is not followed") {
  Folder folder;
  folder.put("data.bin", std::string_view("\0\xff raw", 6));
  std::filesystem::create_symlink("/etc/passwd", folder.path / "link");
  DefinitionFolders folders{{folder.path}};
  auto parsed = parse_definition("name x\nfile /data 0644 < data.bin\n", folders);
  REQUIRE(parsed);
  CHECK(std::get<FileStep>(parsed->steps[0]).content == std::string_view("\0\xff raw", 6));
  CHECK(!parse_definition("name x\nfile /data < link\n", folders));
}

TEST_CASE("the payload of a kernel image is found with its compression") {
  auto image = bz_image(
      "\x02\x21\x4c\x18"
      "compressed"
      "SIZE");
  auto payload = find_payload(image);
  REQUIRE(payload);
  CHECK(payload->bytes ==
        "\x02\x21\x4c\x18"
        "compressed");
  CHECK(payload->unpacker == "lz4");
}

TEST_CASE("a kernel image that is cut short or something else is refused") {
  CHECK(!find_payload("MZ"));
  CHECK(!find_payload(std::string(4096, '\0')));
  auto image = bz_image(
      "\x02\x21\x4c\x18"
      "compressed"
      "SIZE");
  CHECK(!find_payload(std::string_view(image).substr(0, image.size() - 1)));
  put_number(image, 0x248, 0xffffff00);
  CHECK(!find_payload(image));
  CHECK(!find_payload(bz_image("????compressedSIZE")));
}

TEST_CASE("modules are loaded after what they need, each once") {
  std::vector<Module> known{{"net", "net.ko", {"ring", "failover"}},
                            {"ring", "ring.ko", {}},
                            {"failover", "failover.ko", {}},
                            {"blk", "blk.ko", {"ring"}}};
  auto order = load_order(known, {"net", "blk"});
  REQUIRE(order);
  std::string names;
  for (const auto& module : *order) names += module.name + " ";
  CHECK(names == "ring failover net blk ");
  CHECK(load_order(known, {"other"}).error().code == Errc::not_found);
  known.push_back({"a", "a.ko", {"b"}});
  known.push_back({"b", "b.ko", {"a"}});
  CHECK(!load_order(known, {"a"}));
}

TEST_CASE("what a module needs is read from its information section") {
  CHECK(module_dependencies(std::string_view("ELF\0depends=virtio_ring,virtio\0name=x\0", 38)) ==
        std::vector<std::string>{"virtio_ring", "virtio"});
  CHECK(module_dependencies(std::string_view("ELF\0depends=\0", 13)).empty());
  CHECK(module_dependencies("ELF").empty());
}

TEST_CASE("an archive for the kernel has aligned entries and an end") {
  CpioWriter archive;
  archive.directory("dev");
  archive.file("init", 0755, "abc");
  auto bytes = std::move(archive).finish();
  CHECK(bytes.size() % 512 == 0);
  CHECK(
      bytes.starts_with("070701"
                        "00000001"
                        "000041ed"));
  CHECK(bytes.find("070701", 1) == 116);
  CHECK(bytes.contains("TRAILER!!!"));
}

TEST_CASE("the catalogue lists whole templates only, and forgets a removed one") {
  Folder state;
  TemplateCatalogue catalogue(state.path);
  REQUIRE(catalogue.list());
  CHECK(catalogue.list()->empty());
  auto whole = TemplateId::random(), half = TemplateId::random();
  for (auto id : {whole, half}) std::filesystem::create_directories(catalogue.path_of(id));
  std::filesystem::create_directories(state.path / "templates/other");
  std::ofstream(catalogue.path_of(whole) / "manifest.json") << "{}";
  REQUIRE(catalogue.set_settings(
      whole, {.name = "x", .vcpus = 2, .user = "user", .workdir = "", .env = {{"A", "b"}}, .start = {}}));
  auto listed = catalogue.list();
  REQUIRE(listed);
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().id == whole);
  CHECK(listed->front().settings.vcpus == 2);
  CHECK(listed->front().settings.env.at("A") == "b");
  CHECK(catalogue.get(half).error().code == Errc::not_found);
  CHECK(catalogue.remove(whole));
  CHECK(catalogue.remove(whole).error().code == Errc::not_found);
  CHECK(!catalogue.has(whole));
}

TEST_CASE("the catalogue reads a template anew when it has changed") {
  Folder state;
  TemplateCatalogue catalogue(state.path);
  auto id = TemplateId::random();
  auto publish = [&](int vcpus, int memory_mib) {
    std::filesystem::create_directories(catalogue.path_of(id));
    REQUIRE(save_manifest(catalogue.path_of(id), {.version = kManifestVersion,
                                                  .vcpus = vcpus,
                                                  .memory_mib = memory_mib,
                                                  .disk_mib = 1000,
                                                  .layers = {std::string(kBootDisk), "disk.1"}}));
  };
  publish(1, 512);
  REQUIRE(catalogue.get(id));
  CHECK(catalogue.get(id)->settings.name.empty());
  REQUIRE(catalogue.get(id)->manifest);
  CHECK(catalogue.get(id)->manifest->memory_mib == 512);
  REQUIRE(catalogue.set_settings(id, {.name = "first"}));
  CHECK(catalogue.get(id)->settings.name == "first");
  REQUIRE(catalogue.set_settings(id, {.name = "other"}));
  CHECK(catalogue.get(id)->settings.name == "other");
  REQUIRE(catalogue.remove(id));
  CHECK(catalogue.get(id).error().code == Errc::not_found);
  publish(1, 1024);
  CHECK(catalogue.get(id)->manifest->memory_mib == 1024);
  CHECK(catalogue.get(id)->settings.name.empty());
  std::ofstream(catalogue.path_of(id) / "template.json") << "{";
  CHECK(!catalogue.get(id));
}

}  // namespace
}  // namespace sandbar::agent
