// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/dispatch.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "sandbar/async/event.h"
#include "sandbar/async/spawn.h"

// Questions that come one by one, answered together where that is cheaper. One that comes alone is asked at
// once; those that come while an answer is awaited are the next round. So each answer is one to a question
// asked after it came, and nobody waits for more than the round before and his own.
//
// A gatherer is of one thread, but those of several threads may have their rounds in common: each round is
// asked on the thread of its first question, with that thread's means.

namespace sandbar {

template <class Question, class Answer>
class Gatherer {
 public:
  using Answers = Result<std::vector<Answer>>;
  // As many answers as questions, in the same order.
  using Ask = std::function<Task<Answers>(std::vector<Question>)>;

  // A round has at most `most` questions.
  class Queue;
  static std::shared_ptr<Queue> make_queue(std::size_t most) { return std::make_shared<Queue>(most); }

  Gatherer(std::size_t most, Ask ask) : Gatherer(make_queue(most), std::move(ask)) {}
  Gatherer(std::shared_ptr<Queue> queue, Ask ask) : queue_(std::move(queue)), ask_(std::move(ask)) {}

  Task<Result<Answer>> get(Question question) {
    auto queue = queue_;
    auto place = queue->join(std::move(question), co_await boost::asio::this_coro::executor, ask_);
    if (place.is_next) run_soon(queue, place.round);
    while (!queue->has_ended(*place.round)) co_await place.door->opened.wait();
    const auto& answers = *place.round->answers;
    if (!answers) co_return fail(answers.error());
    co_return std::move(place.round->answers->value().at(place.number));
  }

 private:
  // Where those of one thread wait.
  struct Door {
    explicit Door(const Executor& of) : executor(of), opened(of) {}
    Executor executor;
    Event opened;
  };
  using DoorPtr = std::shared_ptr<Door>;

  struct Round {
    Ask ask;                     // of the thread that asks,
    std::vector<DoorPtr> doors;  // which has the first of these
    std::vector<Question> questions;
    std::optional<Answers> answers;  // once it has ended
  };
  using RoundPtr = std::shared_ptr<Round>;

  struct Place {
    RoundPtr round;
    std::size_t number;
    DoorPtr door;
    bool is_next;
  };

  static void run_soon(const std::shared_ptr<Queue>& queue, const RoundPtr& round) {
    spawn(round->doors.front()->executor, "gathered questions", run(queue, round));
  }

  static Task<void> run(std::shared_ptr<Queue> queue, RoundPtr round) {
    Answers answers = fail(internal_error("nothing was answered"));
    try {
      answers = co_await round->ask(std::move(round->questions));
    } catch (const std::exception& broken) {
      answers = fail(internal_error(broken.what()));
    }
    if (auto next = queue->end(*round, std::move(answers))) run_soon(queue, next);
    for (const auto& door : round->doors)
      boost::asio::dispatch(door->executor, [door] { door->opened.notify_all(); });
  }

  std::shared_ptr<Queue> queue_;
  Ask ask_;
};

template <class Question, class Answer>
class Gatherer<Question, Answer>::Queue {
 public:
  explicit Queue(std::size_t most) : most_(most) {}

 private:
  friend class Gatherer;

  Place join(Question question, const Executor& executor, const Ask& ask) {
    std::lock_guard lock(mutex_);
    bool is_next = rounds_.empty();
    // The first round is under way: nobody joins it.
    if (rounds_.size() < 2 || rounds_.back()->questions.size() >= most_)
      rounds_.push_back(std::make_shared<Round>(ask));
    auto round = rounds_.back();
    round->questions.push_back(std::move(question));
    return {round, round->questions.size() - 1, door_of(*round, executor), is_next};
  }

  static DoorPtr door_of(Round& round, const Executor& executor) {
    for (const auto& door : round.doors)
      if (door->executor == executor) return door;
    return round.doors.emplace_back(std::make_shared<Door>(executor));
  }

  bool has_ended(const Round& round) {
    std::lock_guard lock(mutex_);
    return round.answers.has_value();
  }

  // Answers the round that comes next.
  RoundPtr end(Round& round, Answers answers) {
    std::lock_guard lock(mutex_);
    round.answers = std::move(answers);
    rounds_.pop_front();
    return rounds_.empty() ? nullptr : rounds_.front();
  }

  std::size_t most_;
  std::mutex mutex_;
  std::deque<RoundPtr> rounds_;  // the first one is being asked
};

}  // namespace sandbar
