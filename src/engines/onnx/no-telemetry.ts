/**
 * Imported before onnxruntime is loaded, and before a thread is started that may load it: threads have copies of the
 * environment, and native code reads that of the process.
 *
 * From 1.29 on the builds for Linux and macOS report to Microsoft by default: the name and hashes of each graph, times,
 * an identifier of the machine that is kept in `~/.cache/Microsoft`, and a database of what is still to be sent. With
 * this variable none of it exists. (https://github.com/microsoft/onnxruntime/pull/27379)
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1'
