// Whether generation really stops when Sextant closes a stream, by the server's own figures.
#pragma once
#include "client/probe/report.h"
#include "client/probe/subject.h"
#include "server/async/task.h"

namespace sextant {

// Starts a long trace, closes its connection after some tokens, and watches the server's figures
// (see server_load.h) until it is idle, for up to 30 s or the subject's timeout. Tells how long
// that took and how many tokens were generated that nobody read, those on their way included.
// Unknown where the server has no such figures, or works for others too. Only the connection is
// closed: what SGLang is told beside that is not part of the check.
Task<Check> CheckCancel(const Subject& subject);

}  // namespace sextant
