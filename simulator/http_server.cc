#include "simulator/http_server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "simulator/pacer.h"

namespace sextant {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = Pacer::Clock;

constexpr size_t kMaxHeaderBytes = 16 << 10;
constexpr size_t kMaxBodyBytes = 8 << 20;
constexpr size_t kMaxPipelinedBytes = 64 << 10;
constexpr std::chrono::seconds kIoTimeout(60);
constexpr std::chrono::milliseconds kAcceptRetry(100);

absl::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string HeadLines(int status, const std::string& content_type) {
  return absl::StrCat("HTTP/1.1 ", status, " ",
                      View(http::obsolete_reason(static_cast<http::status>(status))),
                      "\r\nServer: sextant-simulator\r\nContent-Type: ", content_type, "\r\n");
}

// `bytes` as one chunk of the chunked coding. A chunk that breaks off promises more than it holds.
std::string Chunk(const std::string& bytes, ReplyPart::Then then) {
  const bool breaks = then == ReplyPart::Then::kBreak;
  const size_t declared = bytes.size() * (breaks ? 2 : 1);
  const bool ends = then == ReplyPart::Then::kEnd || then == ReplyPart::Then::kFail;
  return absl::StrCat(absl::Hex(declared), "\r\n", bytes, breaks ? "" : "\r\n",
                      ends ? "0\r\n\r\n" : "");
}

// A client that talks to us; owned by the server until it is gone.
class Connection : public Paced, public std::enable_shared_from_this<Connection> {
 public:
  // What a connection needs of its server, which outlives it.
  struct Server {
    asio::io_context& io;
    Api& api;
    Pacer& pacer;
    absl::flat_hash_map<Connection*, std::shared_ptr<Connection>> connections;
  };

  Connection(tcp::socket socket, Server& server)
      : socket_(std::move(socket)), deadline_(server.io), server_(server) {}

  void Start();
  // Sends what is due.
  void Tick(Clock::time_point due) override;
  // Ends the reply under way as `outcome` and forgets the connection.
  void Close(StreamOutcome outcome);

 private:
  enum class Next { kReadRequest, kStream, kClose };

  void ReadRequest();
  void ReadBody();
  void Dispatch();
  void BeginReply(std::unique_ptr<Reply> reply);
  void SendResponse(const ApiResponse& response);
  void RejectRequest(error_code error);
  void SendPart(ReplyPart part);
  void Send(std::string bytes, Next next);
  void Flush();
  void SendingDone();
  void ScheduleReply();
  void EndReply(StreamOutcome outcome);
  void WatchForClose();
  void OnReadable();
  bool HasPeerClosed();
  void ClientGone();
  void SetDeadline();
  std::string ConnectionLine() const { return keep_alive_ ? "\r\n" : "Connection: close\r\n\r\n"; }

  using Parser = http::request_parser<http::string_body>;

  tcp::socket socket_;
  asio::steady_timer deadline_;
  Server& server_;
  boost::beast::flat_buffer input_;
  std::optional<Parser> parser_;
  bool keep_alive_ = false;
  bool watching_ = false;  // A wait for readability is pending.
  bool closed_ = false;

  std::string output_;  // What the kernel has not taken yet, from sent_ on.
  size_t sent_ = 0;
  bool sending_ = false;  // A wait for writability is pending.
  Next next_ = Next::kReadRequest;

  std::unique_ptr<Reply> reply_;
  Clock::time_point reply_start_;
  std::optional<Pacer::Ticket> ticket_;
  int64_t unsent_tokens_ = 0;  // Generated for output_ that no write has taken yet.
};

void Connection::Start() {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  ++server_.api.counts().connections_open;
  server_.connections.emplace(this, shared_from_this());
  ReadRequest();
}

// A client that sends or takes nothing for a minute is cut off.
void Connection::SetDeadline() {
  deadline_.expires_after(kIoTimeout);
  deadline_.async_wait([self = weak_from_this()](error_code error) {
    const std::shared_ptr<Connection> connection = self.lock();
    if (!error && connection != nullptr) connection->Close(StreamOutcome::kFailed);
  });
}

void Connection::ReadRequest() {
  parser_.emplace();
  parser_->header_limit(kMaxHeaderBytes);
  parser_->body_limit(kMaxBodyBytes);
  SetDeadline();
  http::async_read_header(socket_, input_, *parser_,
                          [self = shared_from_this()](error_code error, size_t) {
                            if (self->closed_) return;
                            if (error) return self->RejectRequest(error);
                            self->ReadBody();
                          });
}

void Connection::ReadBody() {
  // curl announces large bodies and waits a second for leave to send them.
  if (boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    error_code ignored;
    socket_.send(asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), 0, ignored);
  }
  http::async_read(socket_, input_, *parser_,
                   [self = shared_from_this()](error_code error, size_t) {
                     if (self->closed_) return;
                     if (error) return self->RejectRequest(error);
                     self->Dispatch();
                   });
}

// Answers what is not a request, and closes; a client that has just left gets nothing.
void Connection::RejectRequest(error_code error) {
  keep_alive_ = false;
  if (error == http::error::header_limit) {
    return SendResponse(
        ErrorResponse(431, absl::StrCat("the headers are over ", kMaxHeaderBytes, " bytes")));
  }
  if (error == http::error::body_limit) {
    return SendResponse(
        ErrorResponse(413, absl::StrCat("the body is over ", kMaxBodyBytes, " bytes")));
  }
  const bool is_malformed = error.category() == error_code(http::error::bad_method).category() &&
                            error != http::error::end_of_stream &&
                            error != http::error::partial_message;
  if (!is_malformed) return Close(StreamOutcome::kCut);
  SendResponse(ErrorResponse(400, absl::StrCat("not an HTTP/1.1 request: ", error.message())));
}

void Connection::Dispatch() {
  deadline_.cancel();
  http::request<http::string_body>& message = parser_->get();
  keep_alive_ = message.keep_alive() && message.version() >= 11;
  ApiRequest request;
  request.method = std::string(message.method_string());
  const absl::string_view target = View(message.target());
  request.path = std::string(target.substr(0, target.find('?')));
  request.request_id = std::string(message["X-Request-Id"]);
  request.fault =
      std::string(message[boost::beast::string_view(kFaultHeader.data(), kFaultHeader.size())]);
  request.body = std::move(message.body());
  ApiAnswer answer = server_.api.Handle(request);
  if (std::holds_alternative<Refusal>(answer)) return Close(StreamOutcome::kFailed);
  if (auto* reply = std::get_if<std::unique_ptr<Reply>>(&answer)) {
    return BeginReply(std::move(*reply));
  }
  SendResponse(std::get<ApiResponse>(answer));
}

void Connection::SendResponse(const ApiResponse& response) {
  ++server_.api.counts().responses[response.status];
  std::string bytes = HeadLines(response.status, response.content_type);
  for (const auto& [name, value] : response.headers) {
    absl::StrAppend(&bytes, name, ": ", value, "\r\n");
  }
  absl::StrAppend(&bytes, "Content-Length: ", response.body.size(), "\r\n", ConnectionLine(),
                  response.body);
  Send(std::move(bytes), keep_alive_ ? Next::kReadRequest : Next::kClose);
}

void Connection::BeginReply(std::unique_ptr<Reply> reply) {
  reply_ = std::move(reply);
  reply_start_ = Clock::now();
  WatchForClose();
  const ReplySpec& spec = reply_->spec();
  // Real servers send the head of a stream when they accept it, long before the first token.
  if (!spec.stream || spec.fault.never_answer) return ScheduleReply();
  ++server_.api.counts().responses[200];
  Send(absl::StrCat(HeadLines(200, "text/event-stream; charset=utf-8"),
                    "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n", ConnectionLine()),
       Next::kStream);
}

void Connection::ScheduleReply() {
  const std::optional<absl::Duration> due = reply_->NextDue();
  if (!due) return;  // Silence; the client's leaving ends it.
  // Rounded up, so that what is due then is due in the reply's finer clock too.
  const absl::Duration wake = absl::Ceil(*due, absl::Nanoseconds(1));
  ticket_ = server_.pacer.Add(reply_start_ + absl::ToChronoNanoseconds(wake), *this);
}

void Connection::Tick(Clock::time_point due) {
  const std::shared_ptr<Connection> alive = shared_from_this();  // A failed write ends us.
  ticket_.reset();
  const Clock::duration late = Clock::now() - due;
  SimulatorCounts& counts = server_.api.counts();
  const double late_seconds = std::chrono::duration<double>(late).count();
  ++counts.paced_writes;
  counts.lag_seconds += late_seconds;
  counts.max_lag_seconds = std::max(counts.max_lag_seconds, late_seconds);
  SendPart(reply_->Take(absl::FromChrono(Clock::now() - reply_start_)));
}

void Connection::SendPart(ReplyPart part) {
  SimulatorCounts& counts = server_.api.counts();
  counts.tokens += part.tokens;
  unsent_tokens_ = part.tokens;
  if (HasPeerClosed()) return ClientGone();
  const bool is_last = part.then != ReplyPart::Then::kContinue;
  if (!is_last && part.tokens > 0) server_.api.Progressed(*reply_);
  const bool breaks = part.then == ReplyPart::Then::kBreak;
  std::string bytes;
  if (part.bytes.empty() && !is_last) return ScheduleReply();  // An empty chunk would end the body.
  if (reply_->spec().stream) {
    bytes = Chunk(part.bytes, part.then);
  } else if (is_last) {
    ++counts.responses[part.status];
    bytes = absl::StrCat(HeadLines(part.status, "application/json"),
                         "Content-Length: ", part.body_bytes, "\r\n", ConnectionLine(), part.bytes);
  }
  if (!is_last) return Send(std::move(bytes), Next::kStream);
  const bool fails = breaks || part.then == ReplyPart::Then::kFail;
  EndReply(fails ? StreamOutcome::kFailed : StreamOutcome::kFinished);
  Send(std::move(bytes), breaks || !keep_alive_ ? Next::kClose : Next::kReadRequest);
}

void Connection::Send(std::string bytes, Next next) {
  output_ = std::move(bytes);
  sent_ = 0;
  next_ = next;
  Flush();
}

// Writes without waiting: the kernel takes a chunk at once unless the client has stopped reading.
void Connection::Flush() {
  while (sent_ < output_.size()) {
    error_code error;
    sent_ += socket_.send(asio::buffer(output_.data() + sent_, output_.size() - sent_), 0, error);
    if (!error) continue;
    if (error != asio::error::would_block) return ClientGone();
    unsent_tokens_ = 0;  // Held back by a client that reads slowly, which had not left by now.
    if (!std::exchange(sending_, true)) SetDeadline();
    socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code wait_error) {
      if (self->closed_) return;
      if (wait_error) return self->ClientGone();
      self->SetDeadline();
      self->Flush();
    });
    return;
  }
  unsent_tokens_ = 0;
  if (std::exchange(sending_, false)) deadline_.cancel();
  SendingDone();
}

void Connection::SendingDone() {
  switch (next_) {
    case Next::kReadRequest:
      return ReadRequest();
    case Next::kStream:
      return ScheduleReply();
    case Next::kClose:
      return Close(StreamOutcome::kFinished);
  }
}

// Notices a client that leaves while it is being answered. Bytes that it sends meanwhile are kept
// for the next request.
void Connection::WatchForClose() {
  if (std::exchange(watching_, true)) return;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    self->watching_ = false;
    if (self->closed_ || self->reply_ == nullptr) return;
    if (error) return self->ClientGone();
    self->OnReadable();
  });
}

void Connection::OnReadable() {
  error_code error;
  const size_t got = socket_.read_some(input_.prepare(4096), error);
  if (error == asio::error::would_block) return WatchForClose();
  if (error || input_.size() + got > kMaxPipelinedBytes) return ClientGone();
  input_.commit(got);
  WatchForClose();
}

// Asked before every write: when the loop is busy, a close can wait behind other streams' chunks,
// and what is generated until it is seen has to be counted.
bool Connection::HasPeerClosed() {
  char byte;
  error_code error;
  socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  return error && error != asio::error::would_block;
}

void Connection::ClientGone() {
  if (reply_ != nullptr) {
    SimulatorCounts& counts = server_.api.counts();
    counts.tokens_after_disconnect += unsent_tokens_;
    counts.tokens += reply_->Abandon(absl::FromChrono(Clock::now() - reply_start_));
  }
  Close(StreamOutcome::kCut);
}

void Connection::EndReply(StreamOutcome outcome) {
  if (ticket_) server_.pacer.Remove(*ticket_);
  ticket_.reset();
  const std::unique_ptr<Reply> reply = std::move(reply_);
  server_.api.Ended(*reply, outcome);
}

void Connection::Close(StreamOutcome outcome) {
  if (std::exchange(closed_, true)) return;
  const std::shared_ptr<Connection> alive = shared_from_this();
  if (reply_ != nullptr) EndReply(outcome);
  deadline_.cancel();
  error_code ignored;
  // Says good-bye before closing: bytes that were never read would otherwise turn the close into a
  // reset that can overtake our last answer.
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  socket_.close(ignored);
  --server_.api.counts().connections_open;
  server_.connections.erase(this);
}

absl::StatusOr<std::pair<std::string, std::string>> SplitAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen address ", address, ": expected HOST:PORT, PORT from 0 to 65535"));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return std::make_pair(host, address.substr(colon + 1));
}

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(Api& api) : server{io_, api, pacer_, {}} {}

  absl::Status Listen(const std::string& address);
  void Accept();
  void Stop();

  asio::io_context& io() { return io_; }
  const std::string& host() const { return host_; }
  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer accept_retry_{io_};
  Pacer pacer_{io_};
  std::string host_;

 public:
  Connection::Server server;
};

absl::Status HttpServer::Impl::Listen(const std::string& address) {
  absl::StatusOr<std::pair<std::string, std::string>> split = SplitAddress(address);
  if (!split.ok()) return split.status();
  error_code error;
  tcp::resolver resolver(io_);
  const auto found = resolver.resolve(split->first, split->second, tcp::resolver::passive, error);
  if (error || found.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen address ", address, ": ", error.message()));
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("listen on ", address, ": ", error.message()));
  }
  host_ = split->first;
  return absl::OkStatus();
}

void HttpServer::Impl::Accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!error) {
      std::make_shared<Connection>(std::move(socket), server)->Start();
      return Accept();
    }
    // Mostly too many open files: those that end make room.
    std::fprintf(stderr, "sextant-simulator: accept: %s\n", error.message().c_str());
    accept_retry_.expires_after(kAcceptRetry);
    accept_retry_.async_wait([this](error_code wait_error) {
      if (!wait_error) Accept();
    });
  });
}

void HttpServer::Impl::Stop() {
  error_code ignored;
  acceptor_.close(ignored);
  accept_retry_.cancel();
  while (!server.connections.empty()) {
    const std::shared_ptr<Connection> connection = server.connections.begin()->second;
    connection->Close(StreamOutcome::kFailed);
  }
  // Nothing is left to wait for but handlers that were cancelled; the pacer's timer may still be
  // set.
  io_.stop();
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Listen(const std::string& address,
                                                               Api& api) {
  auto impl = std::make_unique<Impl>(api);
  if (absl::Status status = impl->Listen(address); !status.ok()) return status;
  impl->Accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const std::string& HttpServer::host() const { return impl_->host(); }
int HttpServer::port() const { return impl_->port(); }
void HttpServer::Run() { impl_->io().run(); }
void HttpServer::Stop() {
  asio::post(impl_->io(), [this] { impl_->Stop(); });
}
void HttpServer::Post(std::function<void()> task) { asio::post(impl_->io(), std::move(task)); }

}  // namespace sextant
