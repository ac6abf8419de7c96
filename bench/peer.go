package main

import "context"

const (
	pageSize      = 500
	createClients = 16
)

// peer is one of the things that are compared.
type peer interface {
	// name is the heading of its column.
	name() string
	// servers are the processes that work for it.
	servers() servers
	// do does the work once and returns the bytes that were received. It returns
	// errUnsupported where this peer cannot do it.
	do(ctx context.Context, work work, number int) (int64, error)
}

// work is what all peers do.
type work int

const (
	listJSON work = iota
	listProtobuf
	tablePage
	getOne
	createOne
)

func (w work) String() string {
	return [...]string{
		"LIST all, JSON", "LIST all, protobuf", "LIST page of 500 as Table", "GET one, JSON", "CREATE, 16 clients",
	}[w]
}
