// Whether the traces of a plan are to be the choices of one request (OpenAI's `n`), which spares
// the model server prompts and the loop most of its reads, but cannot end one of them alone.
#pragma once
#include "server/config.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

// Traces for each request: 2 or more where `strategy`, complete, wants every trace to its end (a
// majority vote that neither stops early nor looks at confidence), no budget of the request may cut
// one of them, and every backend of the model may be asked for several. 0: each trace has its own.
int ChoicesPerRequest(const v1::SolveRequest& request, const ModelConfig& model,
                      const v1::Strategy& strategy);

}  // namespace sextant
