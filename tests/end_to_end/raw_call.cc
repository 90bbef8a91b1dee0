#include "tests/end_to_end/raw_call.h"

#include <grpcpp/generic/generic_stub.h>

namespace sextant {

RawAnswer RawCall(const std::string& address, const std::string& method, const std::string& request,
                  const std::multimap<std::string, std::string>& metadata) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
  grpc::CompletionQueue queue;
  const grpc::Slice sent(request);
  const auto call = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&sent, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer received;
  RawAnswer answer;
  call->Finish(&received, &answer.status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice slice;
  if (answer.status.ok() && received.DumpToSingleSlice(&slice).ok())
    answer.response.assign(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return answer;
}

}  // namespace sextant
