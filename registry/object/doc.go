// Package object is the Go type of the kinds that mapping files declare.
//
// A [Kind] is compiled from one declaration. An [Object] of it holds its metadata
// as Go fields and its spec and status as one immutable string: the canonical
// protobuf encoding of the declared schema, fields ascending by number, absent
// fields absent. Records of the backend become that string directly, protobuf
// answers are copies of it, and JSON is written straight from schema and string;
// maps exist only where upstream packages ask for them: validation rules,
// server-side apply and the structural schema.
//
// The package also gives everything that the endpoint handlers want to know of a
// kind: serializers, names, defaulting, validation, field selectors and tables.
package object
