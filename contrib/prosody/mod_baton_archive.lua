-- mod_baton_archive: lets one component, Baton, take a conversation of its own out of a user's message archive
-- (mod_mam) and put it, line by line and with the time stamps it had, into another user's of this host.
--
-- Copyright the Baton authors. Licensed under the Apache License, Version 2.0:
-- http://www.apache.org/licenses/LICENSE-2.0
-- SPDX-License-Identifier: Apache-2.0

local jid = require "util.jid";
local st = require "util.stanza";
local user_exists = require "core.usermanager".user_exists;

local xmlns = "urn:xmpp:handoff:archive:0";
local component = module:get_option_string("baton_archive_component");
local archive = module:open_store(module:get_option_string("archive_store", "archive"), "archive");
local day, most, longest = 86400, 50, 100; -- seconds; rows of a request; bytes of an id

if not component then
	module:log("error", "set baton_archive_component to the domain of the component that may use this; nobody may now");
end

-- Lists the first rows of user's archive with a conversation: their keys, and the ids of the messages.
local function rows(request, user, with)
	local found, err = archive:find(user, { with = with, after = request.attr.after, limit = most });
	if not found then return nil, err; end
	local answer = st.stanza("rows", { xmlns = xmlns });
	for key, message in found do
		local id = message.attr.id;
		local own = jid.bare(message.attr.from) == user.."@"..module.host;
		answer:tag("row", { key = key, id = id and #id <= longest and id or nil, own = own and "true" or nil }):up();
	end
	return answer;
end

-- The message of a row as the request has it. Whose it may be is not the request's to say: the conversation's, or
-- the new owner's to the conversation.
local function message(row, to, with)
	local from, resource = with, row.attr.resource;
	if row.attr.own then
		from, to = to, with;
	elseif resource then
		from = jid.prep(with.."/"..resource) or with;
	end
	local copy = st.message({ type = "chat", from = from, to = to, id = row.attr.id });
	local carried = row:get_child("message", "jabber:client");
	for child in (carried or st.stanza("message")):childtags() do
		child = st.clone(child);
		if child.attr.xmlns == "jabber:client" then child.attr.xmlns = nil; end
		copy:add_child(child);
	end
	return copy;
end

-- Appends to an archive; a full one loses its oldest hundredth, as with mod_mam.
local function append(to, copied, when, with)
	local ok, err = archive:append(to, nil, copied, when, with);
	if not ok and err == "quota-limit" and archive.caps and archive.caps.truncate then
		archive:delete(to, { truncate = math.floor(archive.caps.quota * 0.99) });
		ok, err = archive:append(to, nil, copied, when, with);
	end
	return ok, err;
end

-- Puts rows of user's archive into another's, unless they are there: a request may be repeated.
local function copy(request, user, with)
	local to = request.attr.to;
	if not to or not user_exists(to, module.host) then return nil, "item-not-found"; end
	local wanted, keys, first, last, stamps, present = {}, {}, math.huge, 0, {}, {};
	for row in request:childtags("row") do
		keys[#keys + 1], wanted[#wanted + 1] = row.attr.key, row;
	end
	if #keys == 0 or #keys ~= #wanted or #keys > most then return nil, "bad-request"; end
	local found, err = archive:find(user, { with = with, ids = keys });
	if not found then return nil, err; end
	for key, _, when in found do
		first, last, stamps[key] = math.min(first, when), math.max(last, when), when;
	end
	if last > 0 then
		local near = { with = with, start = math.floor(first) - day, ["end"] = math.ceil(last) + day };
		found, err = archive:find(to, near);
		if not found then return nil, err; end
		for _, other in found do present[other.attr.id or ""] = true; end
	end
	for _, row in ipairs(wanted) do
		local when, id = stamps[row.attr.key], row.attr.id;
		if when and id and not present[id] then
			local ok, why = append(to, message(row, to.."@"..module.host, with), when, with);
			if not ok then return nil, why; end
			present[id] = true;
		end
	end
	return st.stanza("copy", { xmlns = xmlns });
end

local function remove(_, user, with)
	local ok, err = archive:delete(user, { with = with });
	if not ok then return nil, err; end
	module:log("info", "removed the conversation with %s from the archive of %s", with, user);
	return st.stanza("remove", { xmlns = xmlns });
end

local function query() return st.stanza("query", { xmlns = xmlns }); end

local conditions = { ["item-not-found"] = "cancel", ["bad-request"] = "modify" };

for name, operation in pairs({ ["get/query"] = query, ["get/rows"] = rows, ["set/copy"] = copy, ["set/remove"] = remove }) do
	local typ, element = name:match("(.*)/(.*)");
	module:hook("iq-"..typ.."/host/"..xmlns..":"..element, function (event)
		local origin, stanza = event.origin, event.stanza;
		-- A component is known by its connection; what a client says of itself does not count.
		if not component or origin.type ~= "component" or origin.host ~= component or jid.host(stanza.attr.from) ~= component then
			origin.send(st.error_reply(stanza, "auth", "forbidden", "Only baton_archive_component may ask this."));
			return true;
		end
		local request = stanza.tags[1];
		local user, with = request.attr.user, request.attr.with;
		if operation ~= query and (not user or not with or with ~= jid.bare(with) or jid.host(with) ~= component) then
			origin.send(st.error_reply(stanza, "modify", "bad-request"));
			return true;
		end
		local answer, err = operation(request, user, with);
		if answer then
			origin.send(st.reply(stanza):add_child(answer));
		else
			module:log("warn", "%s for %s failed: %s", element, user, err);
			local condition = conditions[err] and err or "internal-server-error";
			origin.send(st.error_reply(stanza, conditions[err] or "wait", condition));
		end
		return true;
	end);
end
