"""The functions of README.md, one folder up, with the official Python SDK."""
import asyncio
from datetime import timedelta

from statefun import (BoolType, IntType, LongType, StatefulFunctions, StringType, ValueSpec, egress_message_builder,
                      kafka_egress_message, message_builder, simple_type)

from wire import encode, fields, signed

DAY = timedelta(days=1)
TEN_MINUTES = timedelta(minutes=10)
STOCK, CART = "shop.fns/stock", "shop.fns/cart"
INTERPRETER = "statefun.smoke.e2e/command-interpreter-fn"


def raw_type(name):
    return simple_type(typename=name, serialize_fn=bytes, deserialize_fn=bytes)


SOURCE_COMMAND = raw_type("statefun.smoke.e2e/source-command")
COMMANDS = raw_type("statefun.smoke.e2e/commands")
VERIFICATION = raw_type("statefun.smoke.e2e/verification-result")

functions = StatefulFunctions()


@functions.bind("greeter.fns/greeter", specs=[ValueSpec("seen", IntType, expire_after_call=DAY)])
def greet(context, message):
    context.storage.seen = (context.storage.seen or 0) + 1
    text = f"{message.as_string()} {context.address.id}, {context.storage.seen}"
    context.send_egress(egress_message_builder("greeter.fns/greetings", value=text, value_type=StringType))


@functions.bind(STOCK, specs=[ValueSpec("inventory", IntType)])
def stock(context, message):
    verb, count = message.as_string().split(" ")
    there, count = context.storage.inventory or 0, int(count)
    if verb == "restock":
        context.storage.inventory = there + count
        return
    if there >= count:
        context.storage.inventory = there - count
    answer = f"{'available' if there >= count else 'missing'} {context.address.id} {count}"
    context.send(message_builder(context.caller.typename, context.caller.id, str_value=answer))


@functions.bind(CART, specs=[ValueSpec("basket", StringType, expire_after_write=DAY), ValueSpec("waiting", IntType),
                             ValueSpec("leaving", BoolType)])
def cart(context, message):
    storage = context.storage
    verb, *rest = message.as_string().split(" ")
    if verb == "add":
        storage.waiting = (storage.waiting or 0) + 1
        context.send(message_builder(STOCK, rest[0], str_value=f"request {rest[1]}"))
    elif verb == "available":
        storage.waiting -= 1
        put(context, rest[0], int(rest[1]))
    elif verb == "missing":
        storage.waiting -= 1
        receipt(context, f"misses {rest[0]}:{rest[1]}")
    elif verb == "checkout":
        storage.leaving = True
    elif verb in ("clear", "forget"):
        for item, count in items(storage.basket):
            context.send(message_builder(STOCK, item, str_value=f"restock {count}"))
        empty(context)
    else:
        raise ValueError(f"unknown: {verb}")
    if storage.leaving and not storage.waiting:
        receipt(context, f"buys {storage.basket or 'nothing'}")
        empty(context)
        del storage.leaving


def items(basket):
    return [(item, int(count)) for item, count in (entry.split(":") for entry in (basket or "").split(",") if entry)]


def put(context, item, count):
    basket = dict(items(context.storage.basket))
    if not basket:
        forget = message_builder(CART, context.address.id, str_value="forget")
        context.send_after(TEN_MINUTES, forget, "forget")
    basket[item] = basket.get(item, 0) + count
    context.storage.basket = ",".join(f"{each}:{basket[each]}" for each in basket)


def empty(context):
    if context.storage.basket:
        context.cancel_delayed_message("forget")
        del context.storage.basket


def receipt(context, text):
    user = context.address.id
    context.send_egress(kafka_egress_message("shop.fns/receipts", topic="receipts", key=user, value=f"{user} {text}"))


@functions.bind(INTERPRETER, specs=[ValueSpec("state", LongType)])
async def interpret(context, message):
    if message.is_type(SOURCE_COMMAND):
        commands = dict(fields(message.raw_value())).get(2, b"")
    else:
        commands = message.raw_value()
    await carry_out(context, commands)


async def carry_out(context, commands):
    for _, command in fields(commands):
        for kind, body in fields(command):
            await carry_out_one(context, kind, body)


async def carry_out_one(context, kind, body):
    storage, given = context.storage, dict(fields(body))
    if kind == 1:
        storage.state = (storage.state or 0) + 1
    elif kind in (2, 3):
        onward = message_builder(INTERPRETER, str(given.get(1, 0)), value=given.get(2, b""), value_type=COMMANDS)
        token = given.get(3, b"").decode()
        if kind == 2:
            context.send(onward)
        else:
            context.send_after(TEN_MINUTES if token else timedelta(milliseconds=1), onward, token)
    elif kind == 4:
        context.send_egress(egress_message_builder("statefun.smoke.e2e/discard-sink", "discarded-message", StringType))
    elif kind == 5:
        await asyncio.sleep(0.001)
        await carry_out(context, given.get(2, b""))
    elif kind == 6:
        result = encode((1, int(context.address.id)), (2, signed(given.get(1, 0))), (3, storage.state or 0))
        context.send_egress(egress_message_builder("statefun.smoke.e2e/verification-sink", result, VERIFICATION))
    elif kind == 7:
        context.cancel_delayed_message(given[2].decode())
