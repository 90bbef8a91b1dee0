// Which model server it is: asked of the endpoints that only one of them has.
#pragma once
#include "client/probe/report.h"
#include "client/probe/subject.h"
#include "server/async/task.h"

namespace sextant {

// Whether the server answers /models, with the models that it lists. Learns that the URL ends in
// /v1, where it was given without any path and that answers; and the model, unless the subject has
// one: then the first of the list. Two checks, "reachable" and "models".
Task<std::vector<Check>> CheckModels(Subject& subject);

// Learns kind, name and version of the server, its context and slots where it tells them:
//   vllm       GET /version, {"version": ...}; context: max_model_len of /models
//   llama_cpp  GET /props with default_generation_settings; context, slots and build from there
//   sglang     GET /server_info, or /get_server_info of older ones, with a version
//   ollama     GET /api/version, {"version": ...}
//   openai     /models says owned_by openai or system
// all but the last beside the version of the base URL. What none of these knows is kind auto.
Task<Check> CheckKind(Subject& subject);

// GET /health, or / of Ollama.
Task<Check> CheckHealth(const Subject& subject);

}  // namespace sextant
