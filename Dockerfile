# A static binary and nothing else: no shell, no package manager, no files to update.
#   docker build --build-arg VERSION=v1.0.0 -t bridge-apiserver:v1.0.0 .
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" \
    -o /bridge-apiserver ./cmd/bridge-apiserver

FROM scratch
COPY --from=build /bridge-apiserver /bridge-apiserver
# A number, so that the kubelet can tell that it isn't root without an /etc/passwd.
USER 65532:65532
EXPOSE 8443
ENTRYPOINT ["/bridge-apiserver"]
CMD ["serve", "--config=/etc/bridge-apiserver/mapping"]
