# Every folder that is built, from the ground up. A folder may link only to folders above it.
foreach(domain
    src/base
    src/lake
    src/metadata
    src/signal
    src/usecase
    src/features
    src/decision
    src/cmapss
    src/onnx
    src/inference
    src/inference/trees
    src/inference/onnxruntime
    src/training/xgboost
    src/runtime
    src/fieldbus/opcua
    src/fieldbus/opcua/open62541
    src/registry
    src/net/tls
    src/net/mqtt
    src/net/mqtt/testing
    src/net/mqtt/mosquitto
    src/net/http
    src/net/http/beast
    src/spool
    src/spool/sqlite
    src/sparkplug
    src/ingest
    src/kpi
    src/training
    src/training/lake
    src/platform
    src/cli
    apps/millrace
    bench
    fuzz
    )
  add_subdirectory(${domain})
endforeach()

get_property(header_checks GLOBAL PROPERTY MILLRACE_HEADER_CHECKS)
add_custom_target(check_headers DEPENDS ${header_checks} COMMENT "every header compiles by itself")
