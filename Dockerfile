# The program and nothing else, as a user without rights: docker run --rm --read-only -v "$PWD:/src:ro" prodready
FROM rust:1.97.1@sha256:b1b3c9c0d921d7fa0a6d1f9ec7e4eab87f8c8ec97644c3d791450f131dec813f AS build
WORKDIR /build
# .dockerignore lets in what the program is built from, and nothing else.
COPY . .
RUN cargo build --release --locked --bin prodready

FROM gcr.io/distroless/cc-debian13:nonroot@sha256:d97bc0a941b8d4be647dc0ee75b264ddbb772f1ac5ba690a4309c00723b23775
COPY --from=build /build/target/release/prodready /usr/local/bin/prodready
WORKDIR /src
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/prodready"]
CMD ["audit", "."]
