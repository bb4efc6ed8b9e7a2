# A stand-in for OpenWrt's host-build.mk: builds one package for the build machine.
HOST_BUILD_DIR?=$(BUILD_DIR_HOST)/$(PKG_NAME)-$(PKG_VERSION)
HOST_BUILD_PREFIX?=$(STAGING_DIR_HOSTPKG)

define HostBuild
host-compile:
	$$(call Host/Prepare)
	$$(call Host/Configure/Default)
	$$(call Host/Compile/Default)
	$$(call Host/Install/Default)
endef
