// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "sandbar/async/event.h"
#include "sandbar/async/spawn.h"

// Questions that come one by one, answered together where that is cheaper. One that comes alone is asked at
// once; those that come while an answer is awaited are the next round. So each answer is one to a question
// asked after it came, and nobody waits for more than the round before and his own. Free of threads: for the
// tasks of one executor.

namespace sandbar {

template <class Question, class Answer>
class Gatherer {
 public:
  // As many answers as questions, in the same order.
  using Ask = std::function<Task<Result<std::vector<Answer>>>(std::vector<Question>)>;

  // A round has at most `most` questions.
  Gatherer(std::size_t most, Ask ask) : state_(std::make_shared<State>(State{most, std::move(ask), {}})) {}

  Task<Result<Answer>> get(Question question) {
    auto executor = co_await boost::asio::this_coro::executor;
    auto& rounds = state_->rounds;
    bool is_first = rounds.empty();
    // The first round is under way.
    if (rounds.size() < 2 || rounds.back()->questions.size() >= state_->most)
      rounds.push_back(std::make_shared<Round>(executor));
    auto round = rounds.back();
    auto place = round->questions.size();
    round->questions.push_back(std::move(question));
    if (is_first) spawn(executor, "gathered questions", work(state_));
    while (!round->answers) co_await round->done.wait();
    if (!*round->answers) co_return fail(round->answers->error());
    co_return std::move((**round->answers).at(place));
  }

 private:
  struct Round {
    explicit Round(Executor executor) : done(std::move(executor)) {}
    std::vector<Question> questions;
    std::optional<Result<std::vector<Answer>>> answers;
    Event done;
  };
  struct State {
    std::size_t most;
    Ask ask;
    std::deque<std::shared_ptr<Round>> rounds;  // the first one is being asked
  };

  static Task<void> work(std::shared_ptr<State> state) {
    while (!state->rounds.empty()) {
      auto round = state->rounds.front();
      try {
        round->answers = co_await state->ask(std::move(round->questions));
      } catch (const std::exception& broken) {
        round->answers = fail(internal_error(broken.what()));
      }
      state->rounds.pop_front();
      round->done.notify_all();
    }
  }

  std::shared_ptr<State> state_;
};

}  // namespace sandbar
