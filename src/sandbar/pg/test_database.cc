// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/test_database.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "sandbar/base/random.h"

namespace sandbar::pg {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

[[noreturn]] void give_up(const std::string& why) { throw std::runtime_error("test database: " + why); }

// Runs SQL on a blocking connection; false when there is no server to talk to.
bool try_execute(const std::string& url, const std::string& sql) {
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return false;
  std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), PQclear);
  if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) give_up(PQresultErrorMessage(result.get()));
  return true;
}

fs::path server_programs() {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql"))
    newest = std::max(newest, entry.path());
  return newest / "bin";
}

void become_postgres() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (geteuid() != 0) return;
  const auto* user = getpwnam("postgres");
  if (!user || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

pid_t start_program(const fs::path& directory, const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  auto log = (directory / "log").string();
  auto pid = fork();
  if (pid != 0) return pid;
  become_postgres();
  int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 || chdir("/") != 0) _exit(126);
  execv(argv[0], argv.data());
  _exit(127);
}

class PrivateServer final : public TestServer {
 public:
  PrivateServer() {
    std::string pattern = "/tmp/sandbar-pg-XXXXXX";
    if (!mkdtemp(pattern.data())) give_up("no directory below /tmp");
    directory_ = pattern;
    if (const auto* user = getpwnam("postgres"); geteuid() == 0 && user)
      if (chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) give_up("chown");
    auto initdb =
        start_program(directory_, {server_programs() / "initdb", "--pgdata=" + data(), "--auth=trust",
                                   "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"});
    int status = 0;
    if (waitpid(initdb, &status, 0) != initdb || status != 0)
      give_up("initdb failed, see " + directory_.string() + "/log");
    start();
  }

  ~PrivateServer() override {
    kill();
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  bool is_private() const override { return true; }

  void start() override {
    server_ = start_program(directory_, {server_programs() / "postgres", "-D", data(), "-k", directory_, "-c",
                                         "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off",
                                         "-c", "synchronous_commit=off", "-c", "max_connections=200"});
    auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!try_execute(url_of("postgres"), "SELECT 1")) {
      if (std::chrono::steady_clock::now() > deadline) give_up("the server does not start");
      std::this_thread::sleep_for(10ms);
    }
  }

  // SIGQUIT makes the server's children end at once, without a checkpoint; they would outlive a plain
  // SIGKILL.
  void kill() override {
    if (server_ <= 0) return;
    ::kill(server_, SIGQUIT);
    waitpid(server_, nullptr, 0);
    server_ = -1;
  }

  std::string url_of(const std::string& database) const override {
    return "host=" + directory_.string() + " user=postgres dbname=" + database;
  }

 private:
  std::string data() const { return (directory_ / "data").string(); }
  fs::path directory_;
  pid_t server_ = -1;
};

class GivenServer final : public TestServer {
 public:
  explicit GivenServer(std::string url) : url_(std::move(url)) {}
  bool is_private() const override { return false; }
  void start() override { give_up("not ours to start"); }
  void kill() override { give_up("not ours to kill"); }
  std::string url_of(const std::string& database) const override {
    if (!url_.starts_with("postgres")) return url_ + " dbname=" + database;
    auto query = url_.find('?');
    auto base = url_.substr(0, query);
    auto path = base.find('/', base.find("://") + 3);
    return base.substr(0, path) + "/" + database + (query == url_.npos ? "" : url_.substr(query));
  }

 private:
  std::string url_;
};

}  // namespace

TestServer& TestServer::get() {
  static std::unique_ptr<TestServer> server = [] -> std::unique_ptr<TestServer> {
    if (const char* url = std::getenv("SANDBAR_TEST_DATABASE_URL")) return std::make_unique<GivenServer>(url);
    return std::make_unique<PrivateServer>();
  }();
  return *server;
}

std::unique_ptr<TestServer::Scratch> TestServer::create_database(const std::string& original) {
  auto name = "sandbar_test_" + random_hex(6);
  if (!try_execute(url_of("postgres"), "CREATE DATABASE " + name + " TEMPLATE " + original))
    give_up("cannot connect");
  return std::make_unique<Scratch>(*this, name);
}

TestServer::Scratch::Scratch(TestServer& server, std::string name)
    : server_(server), name_(std::move(name)) {}
TestServer::Scratch::~Scratch() {
  try_execute(server_.url_of("postgres"), "DROP DATABASE " + name_ + " WITH (FORCE)");
}
std::string TestServer::Scratch::url() const { return server_.url_of(name_); }

void run_task(std::function<Task<void>(Executor)> body) {
  boost::asio::io_context io;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, body(io.get_executor()), [&](std::exception_ptr e) {
    thrown = e;
    io.stop();
  });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
}

namespace {

Task<void> run_on(Executor executor, std::string url, std::function<Task<void>(Database&)> body) {
  auto database = Database::create(executor, {.url = std::move(url)});
  co_await body(*database);
  co_await database->close();
}

}  // namespace

void with_database_at(const std::string& url, std::function<Task<void>(Database&)> body) {
  run_task([&](Executor executor) { return run_on(executor, url, body); });
}

void with_database(std::function<Task<void>(Database&)> body) {
  auto scratch = TestServer::get().create_database();
  with_database_at(scratch->url(), std::move(body));
}

}  // namespace sandbar::pg
