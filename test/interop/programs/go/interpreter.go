package main

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/apache/flink-statefun/statefun-sdk-go/v3/pkg/statefun"
	"google.golang.org/protobuf/encoding/protowire"
)

// Bytes as they are.
type rawType struct{ name statefun.TypeName }

func (r rawType) GetTypeName() statefun.TypeName { return r.name }

func (r rawType) Deserialize(reader io.Reader, receiver interface{}) error {
	data, err := io.ReadAll(reader)
	*receiver.(*[]byte) = data
	return err
}

func (r rawType) Serialize(writer io.Writer, data interface{}) error {
	_, err := io.Copy(writer, bytes.NewReader(data.([]byte)))
	return err
}

var (
	interpreter   = statefun.TypeNameFrom("statefun.smoke.e2e/command-interpreter-fn")
	counter       = statefun.ValueSpec{Name: "state", ValueType: statefun.Int64Type}
	sourceCommand = rawType{statefun.TypeNameFrom("statefun.smoke.e2e/source-command")}
	commandsType  = rawType{statefun.TypeNameFrom("statefun.smoke.e2e/commands")}
	verification  = rawType{statefun.TypeNameFrom("statefun.smoke.e2e/verification-result")}
	discardSink   = statefun.TypeNameFrom("statefun.smoke.e2e/discard-sink")
	verifySink    = statefun.TypeNameFrom("statefun.smoke.e2e/verification-sink")
)

type field struct {
	number protowire.Number
	value  uint64
	data   []byte
}

func fields(data []byte) ([]field, error) {
	var all []field
	for len(data) > 0 {
		number, kind, length := protowire.ConsumeTag(data)
		if length < 0 {
			return nil, protowire.ParseError(length)
		}
		data = data[length:]
		each := field{number: number}
		switch kind {
		case protowire.VarintType:
			each.value, length = protowire.ConsumeVarint(data)
		case protowire.BytesType:
			each.data, length = protowire.ConsumeBytes(data)
		default:
			return nil, errors.New("a wire type that is not used here")
		}
		if length < 0 {
			return nil, protowire.ParseError(length)
		}
		data = data[length:]
		all = append(all, each)
	}
	return all, nil
}

// The fields of a message by number; those that are missing are zero.
func parse(data []byte) (map[protowire.Number]field, error) {
	all, err := fields(data)
	byNumber := map[protowire.Number]field{}
	for _, each := range all {
		byNumber[each.number] = each
	}
	return byNumber, err
}

func interpret(ctx statefun.Context, message statefun.Message) error {
	commands := message.RawValue()
	if message.Is(sourceCommand) {
		command, err := parse(commands)
		if err != nil {
			return err
		}
		commands = command[2].data
	}
	return carryOut(ctx, commands)
}

func carryOut(ctx statefun.Context, commands []byte) error {
	all, err := fields(commands)
	if err != nil {
		return err
	}
	for _, command := range all {
		kinds, err := fields(command.data)
		if err != nil {
			return err
		}
		for _, kind := range kinds {
			if err := carryOutOne(ctx, kind.number, kind.data); err != nil {
				return err
			}
		}
	}
	return nil
}

func carryOutOne(ctx statefun.Context, kind protowire.Number, body []byte) error {
	given, err := parse(body)
	if err != nil {
		return err
	}
	switch kind {
	case 1:
		ctx.Storage().Set(counter, count(ctx)+1)
	case 2:
		ctx.Send(onward(given))
	case 3:
		return sendLater(ctx, given)
	case 4:
		ctx.SendEgress(statefun.GenericEgressBuilder{
			Target: discardSink, Value: "discarded-message", ValueType: statefun.StringType})
	case 5:
		time.Sleep(time.Millisecond)
		return carryOut(ctx, given[2].data)
	case 6:
		return verify(ctx, int64(given[1].value))
	case 7:
		token, err := statefun.NewCancellationToken(string(given[2].data))
		if err != nil {
			return err
		}
		ctx.CancelDelayedMessage(token)
	}
	return nil
}

func count(ctx statefun.Context) int64 {
	var value int64
	ctx.Storage().Get(counter, &value)
	return value
}

func onward(given map[protowire.Number]field) statefun.MessageBuilder {
	id := strconv.FormatUint(given[1].value, 10)
	return statefun.MessageBuilder{
		Target: statefun.Address{FunctionType: interpreter, Id: id}, Value: given[2].data, ValueType: commandsType}
}

func sendLater(ctx statefun.Context, given map[protowire.Number]field) error {
	if len(given[3].data) == 0 {
		ctx.SendAfter(time.Millisecond, onward(given))
		return nil
	}
	token, err := statefun.NewCancellationToken(string(given[3].data))
	if err == nil {
		ctx.SendAfterWithCancellationToken(tenMinutes, token, onward(given))
	}
	return err
}

func verify(ctx statefun.Context, expected int64) error {
	id, err := strconv.ParseInt(ctx.Self().Id, 10, 32)
	if err != nil {
		return err
	}
	var result []byte
	for index, value := range []int64{id, expected, count(ctx)} {
		if value == 0 {
			continue
		}
		result = protowire.AppendTag(result, protowire.Number(index+1), protowire.VarintType)
		result = protowire.AppendVarint(result, uint64(value))
	}
	if result == nil {
		result = []byte{}
	}
	ctx.SendEgress(statefun.GenericEgressBuilder{Target: verifySink, Value: result, ValueType: verification})
	return nil
}
