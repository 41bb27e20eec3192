// The functions of README.md, one folder up, with the official Go SDK.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/apache/flink-statefun/statefun-sdk-go/v3/pkg/statefun"
)

const (
	day        = 24 * time.Hour
	tenMinutes = 10 * time.Minute
)

var (
	greeter   = statefun.TypeNameFrom("greeter.fns/greeter")
	greetings = statefun.TypeNameFrom("greeter.fns/greetings")
	seen      = statefun.ValueSpec{
		Name: "seen", ValueType: statefun.Int32Type, Expiration: statefun.ExpireAfterCall(day)}
)

func greet(ctx statefun.Context, message statefun.Message) error {
	var count int32
	ctx.Storage().Get(seen, &count)
	count++
	ctx.Storage().Set(seen, count)
	ctx.SendEgress(statefun.GenericEgressBuilder{
		Target:    greetings,
		Value:     fmt.Sprintf("%s %s, %d", message.AsString(), ctx.Self().Id, count),
		ValueType: statefun.StringType,
	})
	return nil
}

func main() {
	functions := statefun.StatefulFunctionsBuilder()
	for _, spec := range []statefun.StatefulFunctionSpec{
		{FunctionType: greeter, States: []statefun.ValueSpec{seen}, Function: statefun.StatefulFunctionPointer(greet)},
		{FunctionType: stock, States: []statefun.ValueSpec{inventory}, Function: statefun.StatefulFunctionPointer(keepStock)},
		{FunctionType: cart, States: []statefun.ValueSpec{basket, waiting, leaving},
			Function: statefun.StatefulFunctionPointer(keepCart)},
		{FunctionType: interpreter, States: []statefun.ValueSpec{counter},
			Function: statefun.StatefulFunctionPointer(interpret)},
	} {
		if err := functions.WithSpec(spec); err != nil {
			fail(err)
		}
	}
	port := "0"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		fail(err)
	}
	address := listener.Addr().String()
	fmt.Println("listening on " + address[strings.LastIndex(address, ":")+1:])
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fail(http.Serve(listener, functions.AsHandler()))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
