package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/flink-statefun/statefun-sdk-go/v3/pkg/statefun"
)

var (
	stock     = statefun.TypeNameFrom("shop.fns/stock")
	cart      = statefun.TypeNameFrom("shop.fns/cart")
	receipts  = statefun.TypeNameFrom("shop.fns/receipts")
	inventory = statefun.ValueSpec{Name: "inventory", ValueType: statefun.Int32Type}
	basket    = statefun.ValueSpec{
		Name: "basket", ValueType: statefun.StringType, Expiration: statefun.ExpireAfterWrite(day)}
	waiting = statefun.ValueSpec{Name: "waiting", ValueType: statefun.Int32Type}
	leaving = statefun.ValueSpec{Name: "leaving", ValueType: statefun.BoolType}
	forget  = mustToken("forget")
)

func mustToken(text string) statefun.CancellationToken {
	token, err := statefun.NewCancellationToken(text)
	if err != nil {
		panic(err)
	}
	return token
}

func send(ctx statefun.Context, target statefun.Address, text string) {
	ctx.Send(statefun.MessageBuilder{Target: target, Value: text})
}

func keepStock(ctx statefun.Context, message statefun.Message) error {
	words := strings.Split(message.AsString(), " ")
	count, err := strconv.Atoi(words[1])
	if err != nil {
		return err
	}
	var there int32
	ctx.Storage().Get(inventory, &there)
	if words[0] == "restock" {
		ctx.Storage().Set(inventory, there+int32(count))
		return nil
	}
	answer := "missing"
	if there >= int32(count) {
		answer = "available"
		ctx.Storage().Set(inventory, there-int32(count))
	}
	send(ctx, *ctx.Caller(), fmt.Sprintf("%s %s %d", answer, ctx.Self().Id, count))
	return nil
}

func keepCart(ctx statefun.Context, message statefun.Message) error {
	words := strings.Split(message.AsString(), " ")
	var due int32
	ctx.Storage().Get(waiting, &due)
	var leaves bool
	ctx.Storage().Get(leaving, &leaves)
	switch words[0] {
	case "add":
		due++
		ctx.Storage().Set(waiting, due)
		send(ctx, statefun.Address{FunctionType: stock, Id: words[1]}, "request "+words[2])
	case "available":
		due--
		ctx.Storage().Set(waiting, due)
		if err := put(ctx, words[1], words[2]); err != nil {
			return err
		}
	case "missing":
		due--
		ctx.Storage().Set(waiting, due)
		receipt(ctx, "misses "+words[1]+":"+words[2])
	case "checkout":
		leaves = true
		ctx.Storage().Set(leaving, leaves)
	case "clear", "forget":
		for _, entry := range entries(ctx) {
			item, count, _ := strings.Cut(entry, ":")
			send(ctx, statefun.Address{FunctionType: stock, Id: item}, "restock "+count)
		}
		empty(ctx)
	default:
		return fmt.Errorf("unknown: %s", words[0])
	}
	if leaves && due == 0 {
		bought := strings.Join(entries(ctx), ",")
		if bought == "" {
			bought = "nothing"
		}
		receipt(ctx, "buys "+bought)
		empty(ctx)
		ctx.Storage().Remove(leaving)
	}
	return nil
}

// What is in the basket, each as item:count.
func entries(ctx statefun.Context) []string {
	var text string
	if !ctx.Storage().Get(basket, &text) || text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func put(ctx statefun.Context, item, count string) error {
	all := entries(ctx)
	if len(all) == 0 {
		later := statefun.MessageBuilder{Target: ctx.Self(), Value: "forget"}
		ctx.SendAfterWithCancellationToken(tenMinutes, forget, later)
	}
	added := false
	for index, entry := range all {
		name, text, _ := strings.Cut(entry, ":")
		if name != item {
			continue
		}
		before, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		more, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		all[index], added = fmt.Sprintf("%s:%d", item, before+more), true
	}
	if !added {
		all = append(all, item+":"+count)
	}
	ctx.Storage().Set(basket, strings.Join(all, ","))
	return nil
}

func empty(ctx statefun.Context) {
	if len(entries(ctx)) == 0 {
		return
	}
	ctx.CancelDelayedMessage(forget)
	ctx.Storage().Remove(basket)
}

func receipt(ctx statefun.Context, text string) {
	user := ctx.Self().Id
	ctx.SendEgress(statefun.KafkaEgressBuilder{
		Target: receipts, Topic: "receipts", Key: user, Value: user + " " + text})
}
