package object

import "strings"

// sharedMessageNames are the messages that come along in every file.
var sharedMessageNames = []string{
	"ObjectMeta", "ListMeta", "Time", "OwnerReference", "StringList", "Unknown", "TypeMeta",
	"WatchEvent", "RawExtension", "Status", "StatusDetails", "StatusCause",
}

// sharedProto are the parts of Kubernetes' own messages that answers can have, under
// the numbers that Kubernetes gives them.
const sharedProto = `
// A list of strings that can be empty and still be there.
message StringList {
  repeated string items = 1;
}

// Metadata of an object.
message ObjectMeta {
  string name = 1;
  string generateName = 2;
  string namespace = 3;
  string selfLink = 4;
  string uid = 5;
  string resourceVersion = 6;
  int64 generation = 7;
  <Time> creationTimestamp = 8;
  <Time> deletionTimestamp = 9;
  optional int64 deletionGracePeriodSeconds = 10;
  map<string, string> labels = 11;
  map<string, string> annotations = 12;
  repeated <OwnerReference> ownerReferences = 13;
  repeated string finalizers = 14;
}

// Metadata of a list.
message ListMeta {
  string selfLink = 1;
  string resourceVersion = 2;
  string continue = 3;
  optional int64 remainingItemCount = 4;
}

// An instant. One without seconds is absent.
message Time {
  int64 seconds = 1;
  int32 nanos = 2;
}

message OwnerReference {
  string kind = 1;
  string name = 3;
  string uid = 4;
  string apiVersion = 5;
  optional bool controller = 6;
  optional bool blockOwnerDeletion = 7;
}

// What the first four bytes of an answer are followed by.
message Unknown {
  <TypeMeta> typeMeta = 1;
  bytes raw = 2;
  string contentEncoding = 3;
  string contentType = 4;
}

message TypeMeta {
  string apiVersion = 1;
  string kind = 2;
}

// One event of a watch: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.
message WatchEvent {
  string type = 1;
  <RawExtension> object = 2;
}

message RawExtension {
  bytes raw = 1;
}

// Why a request failed.
message Status {
  <ListMeta> metadata = 1;
  string status = 2;
  string message = 3;
  string reason = 4;
  <StatusDetails> details = 5;
  int32 code = 6;
}

message StatusDetails {
  string name = 1;
  string group = 2;
  string kind = 3;
  repeated <StatusCause> causes = 4;
  int32 retryAfterSeconds = 5;
  string uid = 6;
}

message StatusCause {
  string reason = 1;
  string message = 2;
  string field = 3;
}
`

// sharedMessages writes the shared messages under the names that are free for them.
func (f *protoFile) sharedMessages() {
	var replacements []string
	for name, used := range f.shared {
		replacements = append(replacements, "<"+name+">", f.ref(name), "message "+name+" {", "message "+used+" {")
	}
	f.text.WriteString(strings.NewReplacer(replacements...).Replace(sharedProto))
}
